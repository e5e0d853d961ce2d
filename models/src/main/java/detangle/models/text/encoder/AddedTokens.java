package detangle.models.text.encoder;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Finds added tokens in a text, as the library does ({@code added_vocabulary.rs}): of those that begin at a place the
 * longest, from left to right. Those that are not normalised are looked for first, the others in what lies between,
 * once it is normalised. Of two that the normalizer makes the same the first is found, where the library takes one by
 * chance.
 */
final class AddedTokens {
    private final Optional<Normalizer> normalizer;
    private final Map<Integer, AddedToken> byId = new HashMap<>();
    private final Vocabulary plain;
    private final Vocabulary normalised;

    /** A part of a text: an added token, or text between added tokens. */
    record Part(AlignedText text, Optional<AddedToken> token) {}

    /**
     * The tokens by the text that is looked for.
     *
     * @param file that has them, for messages
     * @throws EncodingException if the normalizer leaves nothing of a token: the library would find it between any two
     *     characters, and fail inside a character that is not ASCII
     */
    AddedTokens(Path file, List<AddedToken> tokens, Optional<Normalizer> normalizer) {
        this.normalizer = normalizer;
        Vocabulary.Builder plainTokens = new Vocabulary.Builder(file);
        Vocabulary.Builder normalisedTokens = new Vocabulary.Builder(file);
        for (AddedToken token : tokens) {
            byId.put(token.id(), token);
            if (token.normalized()) {
                String content = normalise(AlignedText.of(token.content())).text();
                if (content.isEmpty()) {
                    throw new EncodingException("of the added token '" + token.content()
                            + "' the normalizer leaves nothing, so it cannot be found");
                }
                normalisedTokens.addIfAbsent(content, token.id());
            } else {
                plainTokens.addIfAbsent(token.content(), token.id());
            }
        }
        this.plain = plainTokens.build();
        this.normalised = normalisedTokens.build();
    }

    Optional<AddedToken> find(int id) {
        return Optional.ofNullable(byId.get(id));
    }

    /** Returns the parts of a text; what lies between added tokens is normalised. */
    List<Part> split(AlignedText text) {
        List<Part> parts = new ArrayList<>();
        List<Part> unnormalised = new ArrayList<>();
        split(plain, text, unnormalised);
        for (Part part : unnormalised) {
            if (part.token().isPresent()) {
                parts.add(part);
            } else {
                split(normalised, normalise(part.text()), parts);
            }
        }
        return parts;
    }

    private AlignedText normalise(AlignedText text) {
        return normalizer.map(n -> Normalization.apply(n, text)).orElse(text);
    }

    private void split(Vocabulary tokens, AlignedText text, List<Part> parts) {
        int done = 0;
        int at = 0;
        while (at < text.length() && tokens.size() > 0) {
            int length = tokens.longest(text, at);
            if (length == 0) {
                at++;
                continue;
            }
            int start = at;
            int end = at + length;
            at = end;
            AddedToken token = byId.get(tokens.idAt(text, start, length));
            if (token.singleWord() && !isWord(text, start, end)) {
                continue;
            }
            while (token.lstrip() && start > done && LibraryUnicode.isWhiteSpace(text.at(start - 1))) {
                start--;
            }
            while (token.rstrip() && end < text.length() && LibraryUnicode.isWhiteSpace(text.at(end))) {
                end++;
            }
            add(text, done, start, Optional.empty(), parts);
            add(text, start, end, Optional.of(token), parts);
            done = end;
        }
        add(text, done, text.length(), Optional.empty(), parts);
    }

    private static boolean isWord(AlignedText text, int start, int end) {
        return (start == 0 || !LibraryUnicode.isWord(text.at(start - 1)))
                && (end == text.length() || !LibraryUnicode.isWord(text.at(end)));
    }

    private static void add(AlignedText text, int start, int end, Optional<AddedToken> token, List<Part> parts) {
        if (start < end) {
            parts.add(new Part(text.slice(start, end), token));
        }
    }
}
