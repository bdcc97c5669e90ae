#ifndef GATEWAY_TRAFFIC_JSON_H
#define GATEWAY_TRAFFIC_JSON_H

/* Rows of the traffic log as JSON, for the API and the access log. */

struct json_write;
struct traffic_row;

/* An object with what a line of a table shows. */
void traffic_json_summary(struct json_write *w, const struct traffic_row *r);

/* The same and all else but the bodies. */
void traffic_json_details(struct json_write *w, const struct traffic_row *r);

#endif
