package detangle.cli;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** Suggests the known word that somebody meant who wrote an unknown one. */
final class Suggestion {
    private Suggestion() {}

    /** {@code : did you mean classify?}, or nothing where no known word is near. */
    static String of(String word, Collection<String> known) {
        return nearest(word, known).map(near -> ": did you mean " + near + "?").orElse("");
    }

    /** Returns the known word that the fewest changes lead to, or that the word begins. */
    static Optional<String> nearest(String word, Collection<String> known) {
        String lower = word.toLowerCase(Locale.ROOT);
        int maxDistance = Math.max(1, lower.length() / 3);
        return known.stream()
                .filter(k -> changes(lower, k) <= maxDistance || lower.length() >= 3 && k.startsWith(lower))
                .min(Comparator.comparingInt(k -> changes(lower, k)));
    }

    /** Letters to insert, delete, replace, or to exchange with their neighbour. */
    private static int changes(String a, String b) {
        int[][] changes = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                if (i == 0 || j == 0) {
                    changes[i][j] = i + j;
                    continue;
                }
                int replaced = changes[i - 1][j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                changes[i][j] = Math.min(replaced, 1 + Math.min(changes[i - 1][j], changes[i][j - 1]));
                boolean exchanged =
                        i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1);
                if (exchanged) {
                    changes[i][j] = Math.min(changes[i][j], 1 + changes[i - 2][j - 2]);
                }
            }
        }
        return changes[a.length()][b.length()];
    }
}
