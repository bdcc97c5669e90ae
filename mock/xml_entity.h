#ifndef MOCK_XML_ENTITY_H
#define MOCK_XML_ENTITY_H

/* The named characters of HTML 4 (W3C, HTML 4.01, section 24), with apos. */

#include <stdint.h>

#include "base/str.h"

/* 0 for a name that none has. */
uint32_t xml_entity_point(struct str name);

#endif
