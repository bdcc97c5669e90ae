#ifndef SOAK_ENDS_H
#define SOAK_ENDS_H

/*
 * The ends of a soak and who reads what is between them.  Each is a program of
 * its own, with what main() gave behind its name, and returns what main() does.
 */

/*
 * The API: says its port as a line, and then answers /items/N and /record/N
 * until its standard input ends.  A request that is not what item_of(N) says
 * gets a 500.
 */
int origin_main(int argc, char **argv);

/*
 * PORT CONNECTIONS: the clients.  Each line on standard input is a run:
 *
 *	SECONDS RATE FIRST COUNT KIND...
 *
 * asks RATE times a second (0: as often as it can), for so many seconds and at
 * most COUNT times (0: no such limit), for KINDs in equal parts; what is
 * recorded gets numbers from FIRST on.  When all is answered a line of JSON
 * says what came, and connections stay for the next run.
 */
int load_main(int argc, char **argv);

/*
 * STORE AFTER FIRST NEXT: looks at the entries of a store behind id AFTER for
 * /record/N.  A line of JSON says how many there are with a number from FIRST
 * up to but not NEXT, how many of these are not what item_of(N) says or are
 * there twice, and the last id.
 */
int check_main(int argc, char **argv);

#endif
