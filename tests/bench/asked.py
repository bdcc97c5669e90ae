"""What is asked in a benchmark, and what is right for an answer.

Answers are numbered: item N is asked for by GET /items/N, or by POST /search
with a body of 1 KiB that says N.  wrk.lua asks the same."""

import json

FAKE = ("person.firstName", "person.lastName", "internet.email",
        "location.city", "company.name", "phone.number", "lorem.sentence",
        "string.uuid", "finance.iban", "commerce.productName")
PADDING = "x" * 1000
JSON = {"Content-Type": "application/json"}


def text(number, size):
    """The answer to item number; 20 digits, as often as they fit."""
    return ("%020d" % number * (size // 20 + 1))[:size]


def search(number):
    """The body that asks for item number."""
    return '{"query":%d,"padding":"%s"}' % (number, PADDING)


def path(number):
    return f"/items/{number}"


def template():
    """A body of ten fields of fake data, in Mockoon's words."""
    return json.dumps({name: "{{faker '%s'}}" % name for name in FAKE})


def rows():
    """What a list of 1,000 items has."""
    return [{"id": i, "name": f"name {i}", "price": i * 7919 % 997}
            for i in range(1000)]


LIST = "/list?price_gt=500&sort=price"


def filtered():
    return len([r for r in rows() if r["price"] > 500])
