#ifndef GATEWAY_METRICS_PROCESS_H
#define GATEWAY_METRICS_PROCESS_H

struct metrics_process;

/* What the kernel says of this process (proc(5), getrusage(2)). */
void metrics_process_look(struct metrics_process *p);

#endif
