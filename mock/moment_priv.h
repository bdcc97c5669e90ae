#ifndef MOCK_MOMENT_PRIV_H
#define MOCK_MOMENT_PRIV_H

/* For moment*.c only. */

struct moment;

/* Three letters each. */
extern const char *const moment_days[7];
extern const char *const moment_months[12];

/* As moment_of_local(), but by the offset that m has. */
double moment_of_zoned(const struct moment *m);

#endif
