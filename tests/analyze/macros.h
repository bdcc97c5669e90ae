/* What cppcheck has to know of macros of headers that it does not read. */
#define TAILQ_HEAD(name, type) \
	struct name { \
		struct type *first, **last; \
	}
#define TAILQ_ENTRY(type) \
	struct { \
		struct type *next, **prev; \
	}
#define STAILQ_HEAD(name, type) TAILQ_HEAD(name, type)
#define LIST_HEAD(name, type) TAILQ_HEAD(name, type)
#define LIST_ENTRY(type) TAILQ_ENTRY(type)
#define json_object_foreach(object, key, value) \
	while (next_of(object, &(key), &(value)))
#define json_array_foreach(array, index, value) \
	while (next_of(array, &(index), &(value)))
