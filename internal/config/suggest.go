package config

import "strings"

// longestWord is far above any setting's name: a longer word is no slip.
const longestWord = 40

// didYouMean returns " (did you mean …?)" for the nearest known word, or
// nothing when none is near.
func didYouMean(word string, known []string) string {
	if len(word) > longestWord {
		return ""
	}
	best, nearest := 1+max(1, len(word)/3), ""
	for _, candidate := range known {
		if d := distance(strings.ToLower(word), candidate); d < best {
			best, nearest = d, candidate
		}
	}
	if nearest == "" {
		return ""
	}
	return " (did you mean " + nearest + "?)"
}

// distance is the number of characters to insert, delete, replace or swap
// with their neighbour (the optimal string alignment distance).
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}

// listed writes "a, b or c".
func listed(words []string) string { return joined(words, " or ") }

// and writes "a, b and c".
func and(words []string) string { return joined(words, " and ") }

func joined(words []string, last string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + last + words[len(words)-1]
}
