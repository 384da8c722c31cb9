
# As cargo's subcommand.
function __cargo_wasmpack_is_typed
    commandline -cp | string match -qr '^\s*cargo(\s+\+\S+)?\s+wasmpack\s'
end

function __cargo_wasmpack_of_cargo
    complete -C (commandline -cp | string replace -r '^\s*cargo(\s+\+\S+)?\s+wasmpack' cargo-wasmpack)
end

complete -c cargo -n __cargo_wasmpack_is_typed -f -a '(__cargo_wasmpack_of_cargo)'
