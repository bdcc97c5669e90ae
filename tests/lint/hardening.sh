# Goal: the program is built so that faults in it are hard to use.

. "${top_srcdir:=.}/tests/lint/tap.sh"
command -v readelf >/dev/null || tap_skip_all 'no readelf'
hark=${HARK:-./hark}
flags=$(sed -n 's/^HARDEN_[A-Z]*FLAGS = *//p' "${top_builddir:-.}/Makefile")
[ -n "$flags" ] || tap_skip_all 'built with --disable-hardening or sanitizers'

has() {	# has WORD TEXT: nothing, or what is missing
	echo "$2" | grep -qe "$1" || echo "no $1"
}

wants() {	# wants FLAG: whether the compiler knows it
	case $flags in *"$1"*) ;; *) return 1 ;; esac
}

head=$(readelf -hW "$hark")
segments=$(readelf -lW "$hark")
dynamic=$(readelf -dW "$hark")
symbols=$(readelf -W --dyn-syms "$hark")
tap_check 'it can be loaded anywhere' "$(has 'Type: *DYN' "$head")$(
	has 'FLAGS_1.*PIE' "$dynamic")"
tap_check 'relocations are read-only before it begins' "$(
	has GNU_RELRO "$segments"; has 'FLAGS_1.*NOW' "$dynamic")"
tap_check 'the stack is not executed' "$(
	echo "$segments" | grep 'GNU_STACK' | grep -q 'RW ' || echo "$segments")"
tap_check 'nothing is written and executed' "$(
	echo "$segments" | grep 'LOAD' | grep 'RWE')"
tap_check 'code is in pages of its own' "$(
	! wants separate-code || echo "$segments" | grep 'LOAD' |
		grep -q 'R E' || echo "$segments")"
tap_check 'a stack that is overrun is noticed' "$(
	! wants stack-protector || has __stack_chk_fail "$symbols")"
tap_check 'copies are checked' "$(
	! wants FORTIFY || has '__[a-z]*_chk' "$symbols")"
tap_check 'jumps land where they may' "$(
	! wants cf-protection || objdump -d --no-show-raw-insn "$hark" |
		grep -qm 1 'endbr64' || echo 'no endbr64')"
tap_check 'it looks for libraries where the system does' "$(
	echo "$dynamic" | grep -E 'RPATH|RUNPATH')"
tap_end
