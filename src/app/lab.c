/*
 * The lab.  What the kernel makes for us dies with the processes that are in
 * it, and those die with us (PR_SET_PDEATHSIG): so there is nothing to clean
 * up that a kill could leave behind.
 */
#include "app/lab.h"

#include "host/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Run `ip -batch -` on commands that fill() writes.  0 or -EIO. */
static int ip_batch(void (*fill)(FILE *to, const void *arg), const void *arg)
{
	FILE *ip = popen("ip -batch - >/dev/null", "w");

	if (!ip)
		return -errno;
	fill(ip, arg);
	return pclose(ip) ? -EIO : 0;
}

static void put_bridge(FILE *to, const void *arg)
{
	(void)arg;
	fputs("link add br0 type bridge mcast_snooping 0\n"
	      "link set br0 up\n"
	      "link set lo up\n",
	      to);
}

/* A switch has no firewall; some kernels show it every frame of a bridge.  This
 * counts in our own namespace only. */
static void spare_the_firewall(void)
{
	int fd = open("/proc/sys/net/bridge/bridge-nf-call-iptables",
		      O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return; /* this kernel does not */
	(void)!write(fd, "0", 1);
	close(fd);
}

int lab_open(const char **what)
{
	*what = "namespaces";
	if (unshare(CLONE_NEWNET | CLONE_NEWNS) < 0)
		return -errno;
	*what = "a tmpfs";
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", LAB_FILES, "tmpfs", MS_NOSUID | MS_NODEV, NULL) < 0)
		return -errno;
	*what = "a bridge";
	spare_the_firewall();
	return ip_batch(put_bridge, NULL);
}

/*
 * A machine's card has a ring of its own.  Left to itself, what goes to a veth
 * waits in the one queue of its processor with what goes to all others: of
 * 1,000 frames, five for each of two hundred machines, and the rest is lost as
 * no network would lose it.  The ring is that of GRO, at the receiver, for
 * frames from a card without TSO.
 */
static int set_card(const char *name, uint32_t command, uint32_t is_on)
{
	struct ethtool_value value = {.cmd = command, .data = is_on};
	struct ifreq ask = {.ifr_data = (char *)&value};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), rc = 0;

	if (fd < 0)
		return -errno;
	snprintf(ask.ifr_name, sizeof(ask.ifr_name), "%s", name);
	if (ioctl(fd, SIOCETHTOOL, &ask) < 0)
		rc = -errno;
	close(fd);
	return rc;
}

/* A cable lies there before the machine is switched on.  Of a card that comes
 * up the bridge hears up to a second later, and until then passes nothing on.
 */
static int plug_in(const char *name)
{
	struct ifreq ask = {0};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), rc = 0;

	if (fd < 0)
		return -errno;
	snprintf(ask.ifr_name, sizeof(ask.ifr_name), "%s", name);
	if (ioctl(fd, SIOCGIFFLAGS, &ask) < 0)
		rc = -errno;
	ask.ifr_flags = (short)(ask.ifr_flags | IFF_UP);
	if (!rc && ioctl(fd, SIOCSIFFLAGS, &ask) < 0)
		rc = -errno;
	close(fd);
	return rc;
}

/* The ring joins no frames before the weather has taken some of them. */
static void put_wire(FILE *to, const void *arg)
{
	(void)arg;
	fputs("link set eth0 gro_max_size 1600\n", to);
}

static int put_ring(const struct lab_plan *p)
{
	int rc = set_card("eth0", ETHTOOL_SGRO, 1);

	return !rc && p->loss > 0 ? ip_batch(put_wire, NULL) : rc;
}

static void put_host(FILE *to, const void *arg)
{
	const struct lab_plan *p = arg;

	fprintf(to,
		"link set lo up\n"
		"link set eth0 up\n"
		"addr add %s brd + dev eth0\n",
		p->ip);
	if (p->has_wire)
		fputs("link set eth0 gso_max_segs 1\n", to);
}

/* Each receiver loses packets of its own: at the ingress of its card. */
static int lose(double percent)
{
	FILE *nft;

	if (percent <= 0)
		return 0;
	nft = popen("nft -f -", "w");
	if (!nft)
		return -errno;
	fprintf(nft,
		"table netdev muster {\n"
		" chain weather {\n"
		"  type filter hook ingress device eth0 priority 0;\n"
		"  numgen random mod 100000 < %d drop\n"
		" }\n"
		"}\n",
		(int)(percent * 1000));
	return pclose(nft) ? -EIO : 0;
}

static void wait_for(usec t)
{
	struct timespec ts = {.tv_sec = t / SECOND,
			      .tv_nsec = t % SECOND * 1000};

	while (nanosleep(&ts, &ts) < 0 && errno == EINTR)
		;
}

static _Noreturn void be_host(const struct lab_plan *p, int go, int output)
{
	char byte;

	signals_restore();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (unshare(CLONE_NEWNET) < 0 || write(output, "n", 1) != 1 ||
	    read(go, &byte, 1) != 1)
		_exit(EXIT_FAILURE);
	if (put_ring(p) || plug_in("eth0") ||
	    (p->ip && ip_batch(put_host, p)) || lose(p->loss))
		_exit(EXIT_FAILURE);
	(void)setpriority(PRIO_PROCESS, 0, p->nice);
	dup2(output, p->has_errors ? STDERR_FILENO : STDOUT_FILENO);
	wait_for(p->wait);
	execv(p->argv[0], p->argv);
	_exit(127);
}

int lab_host(struct lab_host *h, const struct lab_plan *plan)
{
	int go[2], output[2];
	char byte;

	if (pipe2(go, O_CLOEXEC) < 0)
		return -errno;
	if (pipe2(output, O_CLOEXEC) < 0) {
		close(go[0]);
		close(go[1]);
		return -errno;
	}
	h->go = go[1];
	h->output = output[0];
	h->pid = fork();
	if (!h->pid)
		be_host(plan, go[0], output[1]);
	close(go[0]);
	close(output[1]);
	/* It says when it is in its namespace. */
	if (h->pid < 0 || read(h->output, &byte, 1) != 1)
		return -EIO;
	fcntl(h->output, F_SETFL, O_NONBLOCK);
	return 0;
}

struct plugs {
	const struct lab_host *v;
	uint32_t n, first;
};

static void put_plugs(FILE *to, const void *arg)
{
	const struct plugs *p = arg;

	for (uint32_t i = 0; i < p->n; i++) {
		uint32_t k = p->first + i;

		fprintf(to,
			"link add p%u type veth peer name eth0 address "
			"02:4d:55:%02x:%02x:%02x netns %d\n"
			"link set p%u master br0 up\n",
			k, k >> 16, k >> 8 & 255, k & 255, (int)p->v[i].pid, k);
	}
}

int lab_plug(const struct lab_host *v, uint32_t n, uint32_t first)
{
	struct plugs p = {.v = v, .n = n, .first = first};
	int rc = ip_batch(put_plugs, &p);
	char name[IFNAMSIZ];

	for (uint32_t k = first; !rc && k < first + n; k++) {
		snprintf(name, sizeof(name), "p%u", k);
		rc = set_card(name, ETHTOOL_STSO, 0);
	}
	return rc;
}

void lab_go(struct lab_host *h)
{
	if (write(h->go, "g", 1) == 1)
		close(h->go);
	h->go = -1;
}

void lab_close(struct lab_host *v, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (v[i].pid > 0)
			kill(v[i].pid, SIGKILL);
	for (uint32_t i = 0; i < n; i++) {
		if (v[i].pid > 0)
			waitpid(v[i].pid, NULL, 0);
		if (v[i].output > 0)
			close(v[i].output);
		if (v[i].go > 0)
			close(v[i].go);
	}
}
