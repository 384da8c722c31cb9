// Writes each argument backwards, one line for each.
package main

import (
	"fmt"
	"os"
	"slices"
)

// reversed gives the text with its letters in the opposite order.
func reversed(text string) string {
	letters := []rune(text)
	slices.Reverse(letters)
	return string(letters)
}

func main() {
	for _, text := range os.Args[1:] {
		fmt.Println(reversed(text))
	}
}
