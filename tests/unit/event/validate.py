#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Validate lines of JSON from standard input against a schema: validate.py SCHEMA"""

import json
import sys

import jsonschema


def no_duplicates(pairs):
    names = [name for name, _ in pairs]
    if len(names) != len(set(names)):
        raise ValueError(f"duplicate names: {names}")
    return dict(pairs)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    lines = sys.stdin.buffer.read().decode("utf-8", errors="strict").split("\n")
    if lines.pop() != "" or not lines:
        sys.exit("no lines, or the last one is not ended")
    for line in lines:
        event = json.loads(line, object_pairs_hook=no_duplicates)
        for error in validator.iter_errors(event):
            sys.exit(f"{error.json_path}: {error.message}\n{line}")
    # A schema that accepts everything would pass all of the above.
    event["surprise"] = 1
    if validator.is_valid(event):
        sys.exit("the schema accepts an unknown member")


main()
