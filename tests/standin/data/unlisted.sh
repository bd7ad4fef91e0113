#!/bin/sh
# A script that no policy lists.
exit 0
