package detangle.models.text.encoder;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;

/** Divides the parts of a text as a {@link PreTokenizer} says. */
final class PreTokenization {
    private PreTokenization() {}

    /** Returns the words of a text; none is empty. */
    static List<AlignedText> words(PreTokenizer preTokenizer, AlignedText text) {
        return apply(preTokenizer, text.isEmpty() ? List.of() : List.of(text));
    }

    private static List<AlignedText> apply(PreTokenizer preTokenizer, List<AlignedText> parts) {
        if (preTokenizer instanceof PreTokenizer.Sequence sequence) {
            List<AlignedText> words = parts;
            for (PreTokenizer step : sequence.steps()) {
                words = apply(step, words);
            }
            return words;
        }
        List<AlignedText> words = new ArrayList<>();
        for (AlignedText part : parts) {
            apply(preTokenizer, part, words);
        }
        return words;
    }

    private static void apply(PreTokenizer preTokenizer, AlignedText part, List<AlignedText> words) {
        switch (preTokenizer) {
            case PreTokenizer.Sequence sequence -> words.addAll(apply(sequence, List.of(part)));
            case PreTokenizer.Metaspace metaspace -> metaspace(metaspace, part, words);
            case PreTokenizer.Punctuation punctuation ->
                split(part, each(part, LibraryUnicode::isPunctuation), punctuation.behavior(), false, words);
            case PreTokenizer.ByteLevel byteLevel -> byteLevel(byteLevel, part, words);
            case PreTokenizer.Whitespace _ ->
                split(part, Words.ofWordCharacters(part), PreTokenizer.Behavior.REMOVED, true, words);
            case PreTokenizer.WhitespaceSplit _ -> whitespaceSplit(part, words);
            case PreTokenizer.Bert _ -> {
                List<AlignedText> spaced = new ArrayList<>();
                whitespaceSplit(part, spaced);
                for (AlignedText word : spaced) {
                    Spans marks = each(word, LibraryUnicode::isPunctuation);
                    split(word, marks, PreTokenizer.Behavior.ISOLATED, false, words);
                }
            }
            case PreTokenizer.Digits digits ->
                split(
                        part,
                        each(part, LibraryUnicode::isNumeric),
                        digits.individual() ? PreTokenizer.Behavior.ISOLATED : PreTokenizer.Behavior.CONTIGUOUS,
                        false,
                        words);
            case PreTokenizer.Split split ->
                split(part, TextPattern.find(split.pattern(), part), split.behavior(), split.invert(), words);
        }
    }

    private static void metaspace(PreTokenizer.Metaspace metaspace, AlignedText part, List<AlignedText> words) {
        int mark = metaspace.replacement();
        boolean prepend = part.at(0) != ' '
                && part.at(0) != mark
                && switch (metaspace.prependScheme()) {
                    case ALWAYS -> true;
                    case FIRST -> part.origin() == 0;
                    case NEVER -> false;
                };
        AlignedText.Builder builder = part.builder();
        if (prepend) {
            builder.addAs(mark, 0);
        }
        for (int i = 0; i < part.length(); i++) {
            builder.addAs(part.at(i) == ' ' ? mark : part.at(i), i);
        }
        AlignedText marked = builder.build();
        if (metaspace.split()) {
            split(marked, each(marked, c -> c == mark), PreTokenizer.Behavior.MERGED_WITH_NEXT, false, words);
        } else {
            words.add(marked);
        }
    }

    private static void byteLevel(PreTokenizer.ByteLevel byteLevel, AlignedText part, List<AlignedText> words) {
        AlignedText text =
                byteLevel.addPrefixSpace() && !part.startsWith(' ') ? Normalization.prepend(" ", part) : part;
        if (!byteLevel.useRegex()) {
            words.add(ByteSymbols.spell(text));
            return;
        }
        Spans found = Words.ofGpt2(text);
        for (int i = 0; i < found.size(); i++) {
            words.add(ByteSymbols.spell(text.slice(found.start(i), found.end(i))));
        }
    }

    private static void whitespaceSplit(AlignedText part, List<AlignedText> words) {
        split(part, each(part, LibraryUnicode::isWhiteSpace), PreTokenizer.Behavior.REMOVED, false, words);
    }

    /** Returns the code points that are of a kind, one by one. */
    private static Spans each(AlignedText text, IntPredicate kind) {
        Spans found = new Spans();
        for (int i = 0; i < text.length(); i++) {
            if (kind.test(text.at(i))) {
                found.add(i, i + 1);
            }
        }
        return found;
    }

    /** Adds the parts into which what is found divides a text, without empty ones. */
    private static void split(
            AlignedText text, Spans found, PreTokenizer.Behavior behavior, boolean invert, List<AlignedText> words) {
        List<Part> parts = new ArrayList<>();
        int end = 0;
        for (int i = 0; i < found.size(); i++) {
            if (found.start(i) > end) {
                parts.add(new Part(end, found.start(i), invert));
            }
            parts.add(new Part(found.start(i), found.end(i), !invert));
            end = found.end(i);
        }
        if (end < text.length()) {
            parts.add(new Part(end, text.length(), invert));
        }
        List<Part> kept = switch (behavior) {
            case REMOVED -> parts.stream().filter(p -> !p.delimiter()).toList();
            case ISOLATED -> parts;
            case MERGED_WITH_PREVIOUS -> merged(parts);
            case MERGED_WITH_NEXT -> merged(parts.reversed()).reversed();
            case CONTIGUOUS -> contiguous(parts);
        };
        for (Part part : kept) {
            if (part.start() < part.end()) {
                words.add(text.slice(part.start(), part.end()));
            }
        }
    }

    /** Part of a text; a delimiter is what a pattern looks for. */
    private record Part(int start, int end, boolean delimiter) {
        Part with(Part other) {
            return new Part(Math.min(start, other.start), Math.max(end, other.end), delimiter);
        }
    }

    /** Adds each delimiter to the part before it, unless that is a delimiter. */
    private static List<Part> merged(List<Part> parts) {
        List<Part> merged = new ArrayList<>();
        boolean afterDelimiter = false;
        for (Part part : parts) {
            if (part.delimiter() && !afterDelimiter && !merged.isEmpty()) {
                merged.addLast(merged.removeLast().with(part));
            } else {
                merged.add(part);
            }
            afterDelimiter = part.delimiter();
        }
        return merged;
    }

    /** Joins neighbours that are both delimiters, or both not. */
    private static List<Part> contiguous(List<Part> parts) {
        List<Part> joined = new ArrayList<>();
        for (Part part : parts) {
            if (!joined.isEmpty() && joined.getLast().delimiter() == part.delimiter()) {
                joined.addLast(joined.removeLast().with(part));
            } else {
                joined.add(part);
            }
        }
        return joined;
    }
}
