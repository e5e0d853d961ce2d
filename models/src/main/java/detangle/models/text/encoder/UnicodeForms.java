package detangle.models.text.encoder;

import java.text.Normalizer;
import java.text.Normalizer.Form;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Unicode's normal forms with alignments, as the library has them: what a character is decomposed into comes from it,
 * and what is composed comes from its first part. The JDK knows the forms of texts, without alignments; so each
 * character is decomposed by itself, and order and composition of the parts follow Unicode's algorithm (UAX 15).
 */
final class UnicodeForms {
    /** A mark of the greatest combining class: every other mark goes before it. */
    private static final int MARK_OF_GREATEST_CLASS = 0x345;

    private static final int FIRST_COMPOSED = 0x300;

    private UnicodeForms() {}

    /** A part of a character: its code point, its rank among marks, and whether it is a part after the first. */
    private record Part(int codePoint, int rank, int change) {}

    static AlignedText normalise(Form form, AlignedText text) {
        String characters = text.text();
        boolean younger = characters.codePoints().anyMatch(LibraryUnicode::isNotNormalised);
        if (!younger && Normalizer.isNormalized(characters, form)) {
            return text;
        }
        boolean canonical = form == Form.NFC || form == Form.NFD;
        List<Part> parts = decomposed(canonical ? Form.NFD : Form.NFKD, text);
        Changes changes = new Changes(parts.size());
        if (form == Form.NFD || form == Form.NFKD) {
            parts.forEach(p -> changes.add(p.codePoint(), p.change()));
        } else {
            compose(parts, changes);
        }
        return changes.apply(text);
    }

    private static List<Part> decomposed(Form form, AlignedText text) {
        List<Part> parts = new ArrayList<>(text.length());
        int sorted = 0;
        for (int i = 0; i < text.length(); i++) {
            int change = 0;
            int[] decomposition = decompose(form, text.at(i));
            for (int codePoint : decomposition) {
                int rank = Marks.rank(codePoint);
                if (rank == 0) {
                    order(parts, sorted);
                    sorted = parts.size() + 1;
                }
                parts.add(new Part(codePoint, rank, change));
                change = 1;
            }
        }
        order(parts, sorted);
        return parts;
    }

    /** Puts the marks behind the last character that is not a mark into their order. */
    private static void order(List<Part> parts, int from) {
        if (parts.size() - from > 1) {
            parts.subList(from, parts.size()).sort(Comparator.comparingInt(Part::rank));
        }
    }

    private static int[] decompose(Form form, int codePoint) {
        if (codePoint < 0x80 || LibraryUnicode.isNotNormalised(codePoint)) {
            return new int[] {codePoint};
        }
        return Normalizer.normalize(Character.toString(codePoint), form)
                .codePoints()
                .toArray();
    }

    private static void compose(List<Part> parts, Changes changes) {
        List<Part> waiting = new ArrayList<>();
        Part composee = null;
        for (Part part : parts) {
            if (composee == null) {
                if (part.rank() == 0) {
                    composee = part;
                } else {
                    changes.add(part.codePoint(), part.change());
                }
                continue;
            }
            boolean blocked = !waiting.isEmpty() && waiting.getLast().rank() >= part.rank();
            int composed = blocked ? -1 : compose(composee.codePoint(), part.codePoint());
            if (composed >= 0) {
                composee = new Part(composed, 0, composee.change() + part.change() - 1);
            } else if (part.rank() == 0) {
                flush(composee, waiting, changes);
                composee = part;
            } else {
                waiting.add(part);
            }
        }
        if (composee != null) {
            flush(composee, waiting, changes);
        }
    }

    private static void flush(Part composee, List<Part> waiting, Changes changes) {
        changes.add(composee.codePoint(), composee.change());
        waiting.forEach(p -> changes.add(p.codePoint(), p.change()));
        waiting.clear();
    }

    /** Returns the character that two become, or -1. */
    private static int compose(int first, int second) {
        if (second < FIRST_COMPOSED || LibraryUnicode.isNotNormalised(first)) {
            return -1;
        }
        String composed = Normalizer.normalize(new String(new int[] {first, second}, 0, 2), Form.NFC);
        boolean one = composed.codePointCount(0, composed.length()) == 1;
        return one && !LibraryUnicode.isNotNormalised(composed.codePointAt(0)) ? composed.codePointAt(0) : -1;
    }

    /** The combining classes of marks, as far as they matter: which goes before which. */
    private static final class Marks {
        private static final Map<Integer, Integer> RANKS = ranks();

        private static Map<Integer, Integer> ranks() {
            List<Integer> marks = new ArrayList<>();
            for (int c = FIRST_COMPOSED; c <= Character.MAX_CODE_POINT; c++) {
                boolean mark = switch (Character.getType(c)) {
                    case Character.NON_SPACING_MARK, Character.COMBINING_SPACING_MARK, Character.ENCLOSING_MARK -> true;
                    default -> false;
                };
                // What is decomposed itself never stands in a normal form.
                boolean whole = mark
                        && !LibraryUnicode.isNotNormalised(c)
                        && Normalizer.isNormalized(Character.toString(c), Form.NFD);
                if (whole && (c == MARK_OF_GREATEST_CLASS || goesBefore(c, MARK_OF_GREATEST_CLASS))) {
                    marks.add(c);
                }
            }
            marks.sort((a, b) -> goesBefore(a, b) ? -1 : goesBefore(b, a) ? 1 : 0);
            Map<Integer, Integer> ranks = new HashMap<>();
            int rank = 1;
            for (int i = 0; i < marks.size(); i++) {
                if (i > 0 && goesBefore(marks.get(i - 1), marks.get(i))) {
                    rank++;
                }
                ranks.put(marks.get(i), rank);
            }
            return ranks;
        }

        /** Returns whether the JDK puts a mark before another that stands before it. */
        private static boolean goesBefore(int mark, int other) {
            String pair = new String(new int[] {other, mark}, 0, 2);
            String ordered = Normalizer.normalize(pair, Form.NFD);
            return ordered.codePointAt(0) != other && ordered.codePointBefore(ordered.length()) == other;
        }

        /** 0 for what is not reordered; otherwise marks of lower rank go before marks of higher rank. */
        static int rank(int codePoint) {
            return codePoint < FIRST_COMPOSED ? 0 : RANKS.getOrDefault(codePoint, 0);
        }
    }
}
