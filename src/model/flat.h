/*
 * The flat files of /etc, and the maps that NIS makes of them: a line is an
 * entry of a category, with the properties that it has in the directory.
 *
 *	users       ann:x:501:20:Ann:/home/ann:/bin/csh
 *	groups      staff:*:20:ann,bob
 *	hosts       10.0.0.7 wendy mail
 *	networks    lab 10.0.1 testnet
 *	services    domain 53/udp dns
 *	protocols   tcp 6 TCP
 *	rpcs        portmapper 100000 sunrpc
 *	mounts      wizard:/usr /usr nfs ro 0 0
 *	printers    lp|laser:sd=/var/spool/lpd:mx#0:sh:
 *	bootparams  wendy root=wizard:/export/wendy
 *	aliases     postmaster: ann, bob
 *	netgroups   trusted (wendy,,) (moira,,)
 *	ethers      0:0:f:0:7:5a wendy
 */
#ifndef MUSTER_MODEL_FLAT_H
#define MUSTER_MODEL_FLAT_H

#include "model/lookup.h"
#include "model/plist.h"

enum { FLAT_LINE = 7168 }; /* longest, with all that goes on behind it */

/*
 * Cut the next line off the text: comments and empty ones are passed over, and
 * those that go on, behind a backslash or (aliases) after blanks, are joined in
 * `room`; one that is too long is passed over whole.  False at the end.
 */
bool flat_next(enum lookup_category c, struct span *text, char room[FLAT_LINE],
	       struct span *line);
/* Its properties; what was written so far is no entry if it returns false. */
bool flat_parse(enum lookup_category c, struct span line, struct plist_out *o);

#endif
