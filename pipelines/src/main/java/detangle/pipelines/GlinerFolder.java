package detangle.pipelines;

import detangle.hub.Hub;
import detangle.hub.HubException;
import detangle.hub.HubOptions;
import detangle.hub.HubProgress;
import detangle.models.deberta.ConfigException;
import detangle.models.gliner.GlinerCheckpoint;
import detangle.models.gliner.GlinerConfig;
import detangle.models.gliner.Relations;
import detangle.models.text.Encoding;
import detangle.models.text.Tokenizer;
import detangle.models.text.Tokenizers;
import detangle.models.weights.Weights;
import detangle.models.weights.WeightsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * The parts of a GLiNER model. Older folders have weights and a short configuration alone: their tokenizer and the configuration of
 * their encoder are those of the model that they were made from, with the tokens that gliner adds to it.
 *
 * @param entId the token that stands before each label
 * @param sepId the token between the labels and the text
 * @param relId the token that stands before each relation, if the model finds relations
 */
record GlinerFolder(
        GlinerConfig config, Tokenizer tokenizer, Weights weights, int entId, int sepId, OptionalInt relId) {
    /** @param ignoreUnused whether tensors of the model may be left over */
    static GlinerFolder open(Path folder, boolean ignoreUnused) {
        Optional<Path> base = GlinerConfig.baseModel(folder).map(name -> base(folder, name));
        Tokenizer tokenizer = Tokenizers.load(
                Tokenizers.exists(folder)
                        ? folder
                        : base.orElseGet(() -> base(folder, GlinerConfig.modelName(folder))));
        Weights weights = GlinerCheckpoint.open(folder);
        try {
            int rows = GlinerCheckpoint.wordRows(weights);
            GlinerConfig config = GlinerConfig.read(folder, base, rows);
            GlinerCheckpoint.check(config, weights, ignoreUnused);
            int[] ent = tokens(tokenizer, config.entToken());
            int[] sep = tokens(tokenizer, config.sepToken());
            int entId = config.classTokenIndex()
                    .orElseGet(() -> ent.length == 1 ? ent[0] : added(weights, tokenizer, rows, config));
            config.classTokenIndex()
                    .ifPresent(id -> checkId(folder, "class_token_index", "ent_token", config.entToken(), tokenizer, id));
            // Where the tokenizer is that of the encoder's model, the token was added to it after the other.
            int sepId = sep.length == 1 ? sep[0] : entId + 1;
            checkRow(folder, weights, rows, config.entToken(), entId, "class_token_index");
            checkRow(folder, weights, rows, config.sepToken(), sepId, "class_token_index");
            OptionalInt relId = config.relations()
                    .map(relations -> OptionalInt.of(relId(folder, relations, tokenizer, sepId)))
                    .orElse(OptionalInt.empty());
            relId.ifPresent(id -> checkRow(
                    folder, weights, rows, config.relations().orElseThrow().relToken(), id, "rel_token_index"));
            return new GlinerFolder(config, tokenizer, weights, entId, sepId, relId);
        } catch (RuntimeException | Error e) {
            weights.close();
            throw e;
        }
    }

    /** The original looks for the id among those that the tokenizer makes of a prompt, and finds no label where it is another token's. */
    private static void checkId(
            Path folder, String field, String tokenField, String token, Tokenizer tokenizer, int id) {
        Encoding encoding = tokenizer.encode(token);
        OptionalInt own = IntStream.range(0, encoding.length())
                .filter(i -> encoding.sequences()[i] != Encoding.SPECIAL
                        && encoding.tokens().get(i).equals(token))
                .map(i -> encoding.ids()[i])
                .findFirst();
        // A tokenizer without the token is that of the encoder's model, behind whose tokens it was added.
        if (own.isPresent() ? own.getAsInt() != id : id < tokenizer.vocabSize()) {
            throw new ConfigException(
                    folder.resolve(GlinerConfig.FILE),
                    field + " is " + id + ", which is not the id of " + tokenField + " '" + token
                            + "' in the tokenizer: correct the one that is wrong");
        }
    }

    private static int relId(Path folder, Relations relations, Tokenizer tokenizer, int sepId) {
        relations
                .relTokenIndex()
                .ifPresent(id ->
                        checkId(folder, "rel_token_index", "rel_token", relations.relToken(), tokenizer, id));
        int[] rel = tokens(tokenizer, relations.relToken());
        // Where the tokenizer is that of the encoder's model, the token was added to it after the other two.
        return relations.relTokenIndex().orElseGet(() -> rel.length == 1 ? rel[0] : sepId + 1);
    }

    private static void checkRow(Path folder, Weights weights, int rows, String token, int id, String field) {
        if (id >= rows) {
            throw new ConfigException(
                    folder.resolve(GlinerConfig.FILE),
                    "gives " + token + " the id " + id + " (" + field + "), and " + weights.origin() + " has "
                            + rows + " rows of words");
        }
    }

    /** The id that the token before labels has got, by the rows that the word table has beyond the tokenizer's tokens. */
    private static int added(Weights weights, Tokenizer tokenizer, int rows, GlinerConfig config) {
        int known = tokenizer.vocabSize();
        if (config.relations().isPresent() && rows - known == 3) {
            return known; // Before the tokens that stand after labels and before relations.
        }
        return switch (rows - known) {
            case 3 -> known + 1; // Behind [FLERT].
            case 2 -> known; // As some models of early 2024 have it.
            default ->
                throw new WeightsException(
                        weights.origin(),
                        "has " + rows + " rows of words, and the tokenizer " + known
                                + " tokens, to which GLiNER adds [FLERT], " + config.entToken() + " and "
                                + config.sepToken() + ": the tokenizer is that of another model");
        };
    }

    /** The tokens of a word, without special ones. */
    static int[] tokens(Tokenizer tokenizer, String word) {
        Encoding encoding = tokenizer.encode(word);
        int[] ids = new int[encoding.length()];
        int count = 0;
        for (int i = 0; i < ids.length; i++) {
            if (encoding.sequences()[i] != Encoding.SPECIAL) {
                ids[count++] = encoding.ids()[i];
            }
        }
        return Arrays.copyOf(ids, count);
    }

    /** The folder of the model that another was made from: beside it, or from the hub or its cache. */
    private static Path base(Path folder, String name) {
        Optional<Path> sibling = Optional.of(name.substring(name.lastIndexOf('/') + 1))
                .filter(last -> last.matches("[A-Za-z0-9_][A-Za-z0-9_.-]*"))
                .map(last -> folder.toAbsolutePath().resolveSibling(last))
                .filter(beside -> Files.exists(beside.resolve("config.json")));
        if (sibling.isPresent()) {
            return sibling.get();
        }
        try {
            return new Hub(HubOptions.fromEnvironment()).folderWithoutWeights(name, HubProgress.NONE);
        } catch (HubException e) {
            throw new PipelineException(
                    folder + " needs the tokenizer and config.json of " + name + ", which its " + GlinerConfig.FILE
                            + " names: put them into it, or the folder of that model beside it (" + e.getMessage()
                            + ")",
                    e);
        }
    }
}
