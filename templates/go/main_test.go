package main

import "testing"

func TestReversed(t *testing.T) {
	for text, want := range map[string]string{"": "", "stressed": "desserts", "aé": "éa"} {
		if got := reversed(text); got != want {
			t.Errorf("reversed(%q) = %q, want %q", text, got, want)
		}
	}
}
