standin	; An M database's ordinary day and its deviations, for tests.
	; start: JOBs the server and asks it once     day: asks it, JOBs, runs a pipe
	; stop: asks the server to end                act(NAME): one deviation
	quit
	;
start	; returns when the server answers, whose process it prints
	new port,server
	set port=$piece($zcmdline," ",1)
	job server^standin(port):(in="/dev/null":out="server.out":err="server.err")
	set server=$zjob
	if '$$ask(port,"HELLO") write "server does not answer",! zhalt 1
	write server,!
	quit
	;
server(port)	; one line a connection, until STOP
	new device,line,handle
	new $etrap set $etrap="use $principal write $zstatus,! zhalt 1"
	set device="listener",line=""
	open device:(listen=port_":TCP":attach="listener"):10:"SOCKET"
	if '$test zhalt 1
	use device write /listen(5)
	for  do  quit:line="STOP"
	. use device:(socket="listener")
	. for  write /wait  quit:$piece($key,"|",1)="CONNECT"
	. set handle=$piece($key,"|",2)
	. use device:(socket=handle:delimiter=$char(10))
	. read line:5
	. set ^served=$get(^served)+1
	. write "M ",$job,!
	. close device:(socket=handle)
	close device
	quit
	;
ask(port,line)	; 1 when the server answered; OPEN itself waits until somebody listens
	new device,reply
	set device="client",reply=""
	open device:(connect="127.0.0.1:"_port_":TCP":attach="client":delimiter=$char(10)):5:"SOCKET"
	if '$test quit 0
	use device
	write line,!
	read reply:5
	close device
	use $principal
	quit $extract(reply,1,2)="M "
	;
pipe(command)	; the first line that a command writes
	new device,line
	set device="pipe",line=""
	open device:(shell="/bin/sh":command=command:readonly)::"PIPE"
	use device
	read line:5
	close device
	use $principal
	quit line
	;
piece	; what JOB does on an ordinary day
	lock +^piece
	set ^piece=$get(^piece)+1
	lock
	quit
	;
say(name,good)
	write "day ",name,": ",$select(good:"ok",1:"FAILED"),!
	if 'good set failed=1
	quit
	;
day	; everything that the policy allows
	new port,failed,before
	set port=$piece($zcmdline," ",1),failed=0
	do say("m-socket",$$ask(port,"HELLO"))
	do say("m-pipe",$$pipe("echo piped")="piped")
	job piece^standin:(in="/dev/null":out="/dev/null":err="/dev/null")
	do say("m-job",$test!$zjob)
	if failed zhalt 1
	quit
	;
stop	;
	if '$$ask($piece($zcmdline," ",1),"STOP") write "server does not answer",! zhalt 1
	quit
	;
act	; NAME PORT: prints what came of it
	new name,port,device
	set name=$piece($zcmdline," ",1),port=$piece($zcmdline," ",2)
	new $etrap set $etrap="use $principal write $zstatus,! zhalt 1"
	if name="m-exec" write $$pipe("/usr/bin/env printf done 2>&1"),! quit
	set device="unlisted"
	open device:(connect="127.0.0.1:"_port_":TCP":attach="unlisted":ioerror="trap"):0:"SOCKET"
	if  use $principal write "done",! close device quit
	write "nobody listens",!
	quit
