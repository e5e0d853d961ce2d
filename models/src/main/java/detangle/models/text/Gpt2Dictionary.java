package detangle.models.text;

import detangle.models.files.ModelFile;
import detangle.models.text.encoder.ByteSymbols;
import detangle.models.text.encoder.DescribedTokenizer;
import detangle.models.weights.TorchFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The tokenizer of microsoft's v1 (gpt2_tokenizer.py): GPT-2's byte-level BPE, whose ids, as text, are the words of a
 * dictionary, and DeBERTa's ids are [PAD], [CLS], [SEP], [UNK], the dictionary in its order, [MASK]. Special tokens are
 * not recognised in a text. Tokens are spelled as the words of the dictionary: GPT-2's ids.
 */
final class Gpt2Dictionary {
    private static final List<String> FIRST =
            List.of(SpecialTokens.PAD, SpecialTokens.CLS, SpecialTokens.SEP, SpecialTokens.UNK);

    private static final String END_OF_TEXT = "<|endoftext|>";

    private Gpt2Dictionary() {}

    /** Reads {@code bpe_encoder.bin}: a dictionary of dict_map, vocab (the merges) and encoder, by torch.save. */
    static Tokenizer ofTorchFile(ModelFile torchFile, OptionalInt modelMaxLength) {
        Path file = torchFile.path();
        Map<?, ?> parts = TorchFile.dictionary(file, torchFile.content());
        if (!(parts.get("dict_map") instanceof List<?> entries)
                || !(parts.get("vocab") instanceof String merges)
                || !(parts.get("encoder") instanceof Map<?, ?> encoder)) {
            throw new TokenizerException(file, "has no dict_map, vocab and encoder");
        }
        List<String> words = new ArrayList<>();
        for (Object entry : entries) {
            if (!(entry instanceof List<?> pair) || pair.isEmpty() || !(pair.getFirst() instanceof String word)) {
                throw new TokenizerException(file, "dict_map is not a list of words and counts");
            }
            words.add(word);
        }
        Map<String, String> gpt2 = new HashMap<>();
        encoder.forEach((key, value) -> {
            if (!(key instanceof String token) || !(value instanceof Long id)) {
                throw new TokenizerException(file, "encoder is not a dictionary from token to id");
            }
            gpt2.put(id.toString(), token);
        });
        return tokenizer(
                file, words, gpt2, ByteLevelBpe.merges(file, ByteLevelBpe.lines(file, merges)), modelMaxLength);
    }

    /** Reads {@code dict.txt}, with a word and its count a line, and GPT-2's merges, from which its ids follow. */
    static Tokenizer ofText(ModelFile dictionaryFile, ModelFile merges, OptionalInt modelMaxLength) {
        Path dictionary = dictionaryFile.path();
        List<String> words = new ArrayList<>();
        for (String line : ByteLevelBpe.lines(dictionaryFile)) {
            int space = line.lastIndexOf(' ');
            if (space <= 0) {
                throw new TokenizerException(dictionary, "line " + (words.size() + 1) + " is not a word and a count");
            }
            words.add(line.substring(0, space));
        }
        List<String> ranked = ByteLevelBpe.merges(merges.path(), ByteLevelBpe.lines(merges));
        List<String> tokens = new ArrayList<>(ByteSymbols.inOrder());
        for (int i = 0; i < ranked.size(); i += 2) {
            tokens.add(ranked.get(i) + ranked.get(i + 1));
        }
        tokens.add(END_OF_TEXT);
        Map<String, String> gpt2 = new HashMap<>();
        for (int id = 0; id < tokens.size(); id++) {
            gpt2.put(Integer.toString(id), tokens.get(id));
        }
        return tokenizer(dictionary, words, gpt2, ranked, modelMaxLength);
    }

    private static Tokenizer tokenizer(
            Path file, List<String> words, Map<String, String> gpt2, List<String> merges, OptionalInt modelMaxLength) {
        Map<String, Integer> vocabulary = new LinkedHashMap<>();
        List<String> spellings = new ArrayList<>(FIRST);
        FIRST.forEach(token -> vocabulary.put(token, vocabulary.size()));
        for (String word : words) {
            // A word that is not an id of GPT-2's only fills the dictionary up.
            vocabulary.put(gpt2.getOrDefault(word, word), spellings.size());
            spellings.add(word);
        }
        vocabulary.put(SpecialTokens.MASK, spellings.size());
        spellings.add(SpecialTokens.MASK);
        Tokenizer tokenizer = new DescribedTokenizer(
                new ByteLevelBpe(file, vocabulary, merges).description(),
                vocabulary.get(SpecialTokens.PAD),
                OptionalInt.of(vocabulary.get(SpecialTokens.MASK)),
                modelMaxLength);
        return new Respelled(tokenizer, List.copyOf(spellings));
    }

    /** A tokenizer whose tokens are spelled otherwise. */
    private record Respelled(Tokenizer tokenizer, List<String> spellings) implements Tokenizer {
        @Override
        public Encoding encode(String text) {
            return respell(tokenizer.encode(text));
        }

        @Override
        public Encoding encode(String first, String second) {
            return respell(tokenizer.encode(first, second));
        }

        private Encoding respell(Encoding e) {
            List<String> tokens = new ArrayList<>();
            for (int id : e.ids()) {
                tokens.add(spellings.get(id));
            }
            return new Encoding(e.ids(), e.typeIds(), tokens, e.sequences(), e.words(), e.starts(), e.ends());
        }

        @Override
        public int padTokenId() {
            return tokenizer.padTokenId();
        }

        @Override
        public OptionalInt maskTokenId() {
            return tokenizer.maskTokenId();
        }

        @Override
        public Optional<String> token(int id) {
            return id >= 0 && id < spellings.size() ? Optional.of(spellings.get(id)) : Optional.empty();
        }

        @Override
        public OptionalInt unknownTokenId() {
            return tokenizer.unknownTokenId();
        }

        @Override
        public boolean marksContinuations() {
            return tokenizer.marksContinuations();
        }

        @Override
        public String decode(int[] ids, boolean skipSpecialTokens) {
            return tokenizer.decode(ids, skipSpecialTokens);
        }

        @Override
        public int vocabSize() {
            return tokenizer.vocabSize();
        }

        @Override
        public OptionalInt modelMaxLength() {
            return tokenizer.modelMaxLength();
        }
    }
}
