
# As cargo's subcommand. All else is left to whatever completes cargo's command line otherwise.
_cargo_wasmpack_take_place() {
    local known
    known=$(complete -p cargo 2> /dev/null)
    if [[ $known =~ -F\ ([^ ]+) && ${BASH_REMATCH[1]} != _cargo_wasmpack_of_cargo ]]; then
        _cargo_wasmpack_before=${BASH_REMATCH[1]}
    fi
    complete -F _cargo_wasmpack_of_cargo -o bashdefault -o default cargo
}

_cargo_wasmpack_of_cargo() {
    local at=1
    # A toolchain, as in `cargo +nightly wasmpack`.
    if [[ ${COMP_WORDS[1]} == +* ]]; then
        at=2
    fi
    if [[ ${COMP_WORDS[at]} == wasmpack && $COMP_CWORD -gt $at ]]; then
        local typed=(cargo-wasmpack "${COMP_WORDS[@]:at+1}") place=$((COMP_CWORD - at))
        local COMP_WORDS=("${typed[@]}") COMP_CWORD=$place
        _cargo_wasmpack cargo-wasmpack "$2" "$3"
        return
    fi
    if [[ -z $_cargo_wasmpack_before ]]; then
        # Scripts are loaded when they are needed, and this one then takes our place.
        if declare -F _comp_load > /dev/null; then
            _comp_load cargo
        elif declare -F _completion_loader > /dev/null; then
            _completion_loader cargo
        fi
        _cargo_wasmpack_take_place
    fi
    if [[ -n $_cargo_wasmpack_before ]]; then
        "$_cargo_wasmpack_before" "$@"
    fi
}

_cargo_wasmpack_take_place
