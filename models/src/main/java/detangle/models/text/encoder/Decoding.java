package detangle.models.text.encoder;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Decodes tokens as a {@link Decoder} says. */
final class Decoding {
    private static final String REPLACEMENT = "\uFFFD";
    private static final String[][] CLEANUP = {
        {" .", "."},
        {" ?", "?"},
        {" !", "!"},
        {" ,", ","},
        {" ' ", "'"},
        {" n't", "n't"},
        {" 'm", "'m"},
        {" do not", " don't"},
        {" 's", "'s"},
        {" 've", "'ve"},
        {" 're", "'re"}
    };

    private Decoding() {}

    /** Returns the text of tokens; decoders may make it so much longer and no more. */
    static String decode(Decoder decoder, List<String> tokens) {
        return String.join("", apply(decoder, tokens, AlignedText.roomFor(length(tokens))));
    }

    private static int length(List<String> tokens) {
        return tokens.stream().mapToInt(String::length).reduce(tokens.size(), Math::addExact);
    }

    private static List<String> apply(Decoder decoder, List<String> tokens, int room) {
        List<String> decoded = step(decoder, tokens, room);
        if (length(decoded) > room) {
            throw new EncodingException(
                    "the decoder makes the text more than " + AlignedText.MAX_GROWTH_FACTOR + " times longer");
        }
        return decoded;
    }

    private static List<String> step(Decoder decoder, List<String> tokens, int room) {
        return switch (decoder) {
            case Decoder.Sequence sequence -> {
                List<String> decoded = tokens;
                for (Decoder step : sequence.steps()) {
                    decoded = apply(step, decoded, room);
                }
                yield decoded;
            }
            case Decoder.Metaspace metaspace -> metaspace(metaspace, tokens);
            case Decoder.ByteLevel _ -> List.of(byteLevel(tokens));
            case Decoder.WordPiece wordPiece -> wordPiece(wordPiece, tokens);
            case Decoder.ByteFallback _ -> byteFallback(tokens);
            case Decoder.Fuse _ -> List.of(String.join("", tokens));
            case Decoder.Replace replace -> {
                Normalizer normalizer = new Normalizer.Replace(replace.pattern(), replace.content());
                yield tokens.stream()
                        .map(t -> Normalization.apply(normalizer, AlignedText.of(t))
                                .text())
                        .toList();
            }
            case Decoder.Strip strip ->
                tokens.stream().map(t -> strip(strip, t)).toList();
            case Decoder.Bpe bpe -> {
                List<String> decoded = new ArrayList<>();
                for (int i = 0; i < tokens.size(); i++) {
                    decoded.add(tokens.get(i).replace(bpe.suffix(), i == tokens.size() - 1 ? "" : " "));
                }
                yield decoded;
            }
        };
    }

    private static List<String> metaspace(Decoder.Metaspace metaspace, List<String> tokens) {
        String mark = Character.toString(metaspace.replacement());
        List<String> decoded = new ArrayList<>();
        for (String token : tokens) {
            decoded.add(token.replace(mark, decoded.isEmpty() && metaspace.prepended() ? "" : " "));
        }
        return decoded;
    }

    private static String byteLevel(List<String> tokens) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (String token : tokens) {
            if (token.codePoints().allMatch(c -> ByteSymbols.byteOf(c) >= 0)) {
                token.codePoints().forEach(c -> bytes.write(ByteSymbols.byteOf(c)));
            } else {
                bytes.writeBytes(token.getBytes(StandardCharsets.UTF_8));
            }
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    private static List<String> wordPiece(Decoder.WordPiece wordPiece, List<String> tokens) {
        List<String> decoded = new ArrayList<>();
        for (String token : tokens) {
            String text = token;
            if (!decoded.isEmpty()) {
                text = token.startsWith(wordPiece.prefix())
                        ? token.substring(wordPiece.prefix().length())
                        : " " + token;
            }
            for (int i = 0; wordPiece.cleanup() && i < CLEANUP.length; i++) {
                text = text.replace(CLEANUP[i][0], CLEANUP[i][1]);
            }
            decoded.add(text);
        }
        return decoded;
    }

    private static List<String> byteFallback(List<String> tokens) {
        List<String> decoded = new ArrayList<>();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (String token : tokens) {
            if (token.matches("<0x[0-9A-Fa-f]{2}>")) {
                bytes.write(Integer.parseInt(token.substring(3, 5), 16));
            } else {
                flush(bytes, decoded);
                decoded.add(token);
            }
        }
        flush(bytes, decoded);
        return decoded;
    }

    /** Bytes that are not UTF-8 become a replacement character each. */
    private static void flush(ByteArrayOutputStream bytes, List<String> decoded) {
        if (bytes.size() == 0) {
            return;
        }
        try {
            decoded.add(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes.toByteArray()))
                    .toString());
        } catch (CharacterCodingException e) {
            for (int i = 0; i < bytes.size(); i++) {
                decoded.add(REPLACEMENT);
            }
        }
        bytes.reset();
    }

    private static String strip(Decoder.Strip strip, String token) {
        int[] codePoints = token.codePoints().toArray();
        int start = 0;
        while (start < strip.start() && start < codePoints.length && codePoints[start] == strip.content()) {
            start++;
        }
        int end = codePoints.length;
        while (codePoints.length - end < strip.stop() && end > start && codePoints[end - 1] == strip.content()) {
            end--;
        }
        return new String(codePoints, start, end - start);
    }
}
