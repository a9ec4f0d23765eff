# What a machine boots to show that it has all of a file: it says the length
# and the CRC-32 of itself on the first serial port, and is switched off.
	.code16
	.globl _start
_start:
	cli
	xorw	%ax, %ax
	movw	%ax, %ss
	movw	$0x7c00, %sp
	ljmp	$0, $1f
1:	cld
	movl	$0xffffffff, %edx
	movw	$0x7c0, %ax
	movl	$SIZE, %ecx
2:	movw	%ax, %ds		# sixteen bytes at a time
	xorw	%si, %si
3:	movb	(%si), %bl
	incw	%si
	xorb	%bl, %dl
	movw	$8, %di
4:	shrl	%edx
	jnc	5f
	xorl	$0xedb88320, %edx
5:	decw	%di
	jnz	4b
	decl	%ecx
	jz	6f
	cmpw	$16, %si
	jb	3b
	incw	%ax
	jmp	2b
6:	notl	%edx
	xorw	%ax, %ax
	movw	%ax, %ds
	movw	$text, %si
7:	lodsb
	testb	%al, %al
	jz	8f
	call	say
	jmp	7b
8:	movl	%edx, %ebx
	movw	$8, %bp
9:	roll	$4, %ebx
	movb	%bl, %al
	andb	$15, %al
	addb	$'0', %al
	cmpb	$'9', %al
	jbe	10f
	addb	$'a' - '0' - 10, %al
10:	call	say
	decw	%bp
	jnz	9b
	movb	$'\n', %al
	call	say
	movb	$0xfe, %al		# the keyboard controller's reset
	outb	%al, $0x64
11:	hlt
	jmp	11b

say:	pushw	%dx
	pushw	%ax
	movw	$0x3fd, %dx
12:	inb	%dx, %al
	testb	$0x20, %al
	jz	12b
	popw	%ax
	movw	$0x3f8, %dx
	outb	%al, %dx
	popw	%dx
	ret
text:	.asciz	"\nchecksum "
