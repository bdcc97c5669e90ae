#ifndef MOCK_CONTRACT_LOAD_PRIV_H
#define MOCK_CONTRACT_LOAD_PRIV_H

/* From a description to operations, as mock/contract_load*.c share it.  What
 * is read is at l->o.where, which is there again afterwards. */

#include "mock/contract_priv.h"

/* ---- contract_load.c ------------------------------------------------------
 */

/* Goes to a member, to what it refers to; *had is the way back, to be freed by
 * contract_load_leave(). */
json_t *contract_load_enter(
    struct contract_loader *l, json_t *v, const char *name, char **had);
void contract_load_leave(struct contract_loader *l, char *had);

/* A copy that lives as long as the description. */
struct str contract_load_text(struct contract_loader *l, struct str s);

/* ---- contract_load_parameter.c --------------------------------------------
 */

/* How p is written; initial is the style of one that says none. */
void contract_load_style(struct contract_loader *l,
    struct contract_parameter *p, const json_t *from, const char *initial);

/* What 2.0 has beside a type is said of the parameter itself. */
json_t *contract_load_own_schema(struct contract_loader *l, json_t *from);

/* The schema of a parameter or field. */
void contract_load_value(struct contract_loader *l,
    struct contract_parameter *p, json_t *from, enum contract_side side);

/* In 3.x these are told elsewhere (Parameter Object, name). */
bool contract_load_is_told(struct str name);

/* Those of the path or its own, in op's array, which has room. */
void contract_load_parameters(
    struct contract_loader *l, struct contract_operation *op, json_t *list);

/* ---- contract_load_body.c -------------------------------------------------
 */

/* 2.0: the form's members as an object. */
struct contract_load_form {
	json_t *schema, *properties, *required;
	struct contract_parameter *fields; /* has room for all */
	size_t nfields;
};

/* 3.x: the request's body of an operation, by media type, as op's. */
void contract_load_body(struct contract_loader *l,
    struct contract_operation *op, json_t *operation);

/* 2.0: a body is a parameter, or several are a form, to which they are added;
 * operation is where they are. */
void contract_load_old_body(struct contract_loader *l,
    struct contract_operation *op, const json_t *operation, const json_t *list,
    struct contract_load_form *f);

/* 2.0: the form, which has members, as op's body. */
void contract_load_old_form(struct contract_loader *l,
    struct contract_operation *op, const json_t *operation,
    struct contract_load_form *f);

/* The answers of an operation, by status, as op's. */
void contract_load_responses(struct contract_loader *l,
    struct contract_operation *op, json_t *operation);

#endif
