# SPDX-License-Identifier: GPL-2.0-only
#
# tap.awk - what the output of a test program amounts to
#
# Reads the output (TAP, or anything if only the status counts) and prints one
# record a line for tests/run:
#
#   fail TEXT       a test that failed, or a fault of the program as a whole
#   output TEXT     what was printed about the failure before this line
#   skip TEXT       a test that was skipped: its name and why
#   show TEXT       a line that the user should see in any case
#   count P F S     once, at the end
#
# Variables: status   how the program ended, as the shell says it
#            kind     "tap", or "status" when that is the one test
#            seconds  its time limit
#            late     1 when that had passed
#
# Peculiar to cmocka 1.1.5: a document for each group of tests; a skip is
# "not ok N # SKIP NAME"; a group whose setup failed is "not ok 0" and runs none
# of the tests it planned; a line "# ok - GROUP" or "# not ok - GROUP" at its end.

function fail(text) {
	failed++
	print "fail " text
}

# What was printed since the last result, the end of it.
function explain(  i) {
	for (i = before > 60 ? before - 59 : 1; i <= before; i++)
		print "output " lines[i]
}

# The end of a TAP document.
function close_document() {
	if (planned == -1 && seen > 0)
		fail("no plan after " seen " tests")
	else if (planned != -1 && planned != seen && !broken)
		fail("planned " planned " tests, ran " seen)
	if (planned != -1 || seen > 0)
		documents++
	planned = -1
	seen = broken = 0
}

function strip(text) {
	sub(/^[ \t-]+/, "", text)
	sub(/[ \t]+$/, "", text)
	return text
}

BEGIN {
	planned = -1
	passed = failed = skipped = documents = before = 0
}

kind == "status" {
	lines[++before] = $0
	next
}

{ sub(/\r$/, "") }

/^# (not )?ok - / { next }

/^# \|/ {
	print "show " substr($0, 3)
	next
}

/^1\.\.[0-9]+/ {
	n = substr($1, 4) + 0
	if (planned != -1)
		close_document()
	planned = n
	if (n == 0 && match($0, /# *[Ss][Kk][Ii][Pp]/)) {
		skipped++
		print "skip all: " strip(substr($0, RSTART + RLENGTH))
	} else if (n == 0)
		fail("an empty plan without a reason")
	# a plan at the end
	if (seen > 0 || n == 0)
		close_document()
	after = before = 0
	next
}

/^Bail out!/ {
	fail($0)
	broken = 1
	next
}

/^(not )?ok([ \t]|$)/ {
	bad = $1 == "not"
	name = $0
	sub(/^(not )?ok[ \t]*/, "", name)
	number = -1
	if (match(name, /^[0-9]+/)) {
		number = substr(name, 1, RLENGTH) + 0
		name = substr(name, RLENGTH + 1)
	}
	if (number == 1 && seen > 0)
		close_document()
	reason = directive = ""
	if (match(name, /# *([Ss][Kk][Ii][Pp]|[Tt][Oo][Dd][Oo])/)) {
		directive = tolower(substr(name, RSTART + 1, RLENGTH - 1))
		reason = strip(substr(name, RSTART + RLENGTH))
		name = substr(name, 1, RSTART - 1)
	}
	name = strip(name)
	if (number == 0)
		broken = 1
	else
		seen++
	after = 0
	if (directive != "" && (bad || directive ~ /skip/)) {
		skipped++
		if (name == "") {
			name = reason
			reason = because
		}
		print "skip " name ": " (reason == "" ? "no reason given" : reason)
	} else if (bad) {
		fail(name == "" ? "test " number : name)
		explain()
		after = 1
	} else
		passed++
	before = 0
	because = ""
	next
}

{
	if (match($0, /^# skip: */))
		because = substr($0, RLENGTH + 1)
	# after a failure, comments are about it; anything else is about the next test
	if (after && /^#/)
		print "output " $0
	else {
		after = 0
		lines[++before] = $0
	}
}

END {
	if (kind == "status") {
		if (status == 0)
			passed++
	} else {
		close_document()
		if (!documents && !failed)
			fail("no TAP in its output")
	}
	how = ""
	if (status == 124 || status == 137 && late)
		how = "its " seconds " seconds were up"
	else if (status > 128 && status <= 192)
		how = "killed by signal " status - 128
	else if (status != 0 && !failed)
		how = kind == "status" ? "exit status " status : "exit status " status ", though no test failed"
	if (how != "") {
		fail(how)
		explain()
	}
	print "count " passed " " failed " " skipped
}
