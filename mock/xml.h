#ifndef MOCK_XML_H
#define MOCK_XML_H

/*
 * XML as an object, in the compact form of npm's xml-js: elements by their
 * names, in an array when there are several, with _attributes, _text, _cdata,
 * _comment, _doctype, _instruction and _declaration beside them.  Entities are
 * those of HTML and character references; what a document type declares is
 * text, nothing is looked up or expanded.
 */

#include "base/str.h"
#include "mock/value.h"

struct err;

#define XML_DEPTH 200 /* elements within one another */

/* text is UTF-8 and outlives what is made of it.  0, or -1
 * with *e ("line 2: ...") set.  As there, what a document leaves open at its
 * end is taken as it is. */
int xml_read(
    struct values *v, struct str text, struct value *to, struct err *e);

#endif
