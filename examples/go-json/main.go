// Reads JSON from standard input and writes it indented, with the keys of objects in order.
package main

import (
	"encoding/json"
	"fmt"
	"os"
)

func main() {
	var value any
	if err := json.NewDecoder(os.Stdin).Decode(&value); err != nil {
		fmt.Fprintln(os.Stderr, "this is not JSON:", err)
		os.Exit(1)
	}
	indented := json.NewEncoder(os.Stdout)
	indented.SetIndent("", "  ")
	if err := indented.Encode(value); err != nil {
		fmt.Fprintln(os.Stderr, "failed to write:", err)
		os.Exit(1)
	}
}
