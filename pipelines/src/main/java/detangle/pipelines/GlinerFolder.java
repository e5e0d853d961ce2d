package detangle.pipelines;

import detangle.hub.Hub;
import detangle.hub.HubException;
import detangle.hub.HubOptions;
import detangle.hub.HubProgress;
import detangle.models.deberta.ConfigException;
import detangle.models.deberta.DebertaConfig;
import detangle.models.files.ModelFiles;
import detangle.models.gliner.GlinerCheckpoint;
import detangle.models.gliner.GlinerConfig;
import detangle.models.gliner.LabelSource;
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
 * The parts of a GLiNER model. Older folders have only weights and a short configuration. Their tokenizer and the
 * configuration of their encoder are those of the model from which they were made, with the tokens that gliner adds to
 * it.
 *
 * @param marks the tokens of the prompt; empty if labels have an encoder of their own
 * @param labels the encoder of labels; empty if they stand in the prompt, or the encoder is of a kind that is not
 *     supported
 */
public record GlinerFolder(
        GlinerConfig config,
        Tokenizer tokenizer,
        Weights weights,
        Optional<Marks> marks,
        Optional<LabelFolder> labels) {
    /** The field, for messages, that names the model from which the encoder of labels was made. */
    static final String LABELS_ENCODER = "labels_encoder of " + GlinerConfig.FILE;

    /**
     * Ids of the tokens that gliner adds to a tokenizer.
     *
     * @param ent stands before each label
     * @param sep stands between the labels and the text
     * @param rel stands before each relation, if the model finds relations
     */
    public record Marks(int ent, int sep, OptionalInt rel) {}

    /** An encoder of labels. */
    public record LabelFolder(DebertaConfig config, Tokenizer tokenizer, Weights weights) {}

    /**
     * Opens a folder. The caller closes the weights.
     *
     * @param ignoreUnused whether tensors of the model may be left over
     * @throws ConfigException if the model is of a kind that cannot be run
     * @throws WeightsException if its weights are not those of its configuration
     * @throws PipelineException if the model that the folder names is not found
     */
    public static GlinerFolder open(Path folder, boolean ignoreUnused) {
        Optional<Path> base = GlinerConfig.baseModel(folder).map(name -> base(folder, name));
        Tokenizer tokenizer = Tokenizers.load(
                Tokenizers.exists(folder)
                        ? folder
                        : base.orElseGet(() -> base(folder, GlinerConfig.modelName(folder))));
        Optional<ModelFiles> labelsConfig = GlinerConfig.statesLabelsEncoder(folder)
                ? Optional.empty()
                : GlinerConfig.labelsModel(folder).map(name -> LabelModel.files(folder, name, LABELS_ENCODER));
        Weights weights = GlinerCheckpoint.open(folder);
        try {
            int rows = GlinerCheckpoint.wordRows(weights);
            GlinerConfig config = GlinerConfig.read(folder, base, labelsConfig, rows);
            GlinerCheckpoint.check(config, weights, ignoreUnused);
            return switch (config.labels()) {
                case LabelSource.Prompt prompt ->
                    new GlinerFolder(
                            config,
                            tokenizer,
                            weights,
                            Optional.of(marks(folder, prompt, tokenizer, weights, rows)),
                            Optional.empty());
                case LabelSource.OwnEncoder own ->
                    new GlinerFolder(
                            config,
                            tokenizer,
                            GlinerCheckpoint.ofText(weights),
                            Optional.empty(),
                            own.encoder().map(encoder -> labels(folder, own.model(), encoder)));
            };
        } catch (RuntimeException | Error e) {
            weights.close();
            throw e;
        }
    }

    private static LabelFolder labels(Path folder, String model, DebertaConfig encoder) {
        Tokenizer tokenizer = Tokenizers.load(LabelModel.files(folder, model, LABELS_ENCODER));
        encoder.checkTokenizer(tokenizer, folder);
        // The encoder of texts closes its own weights.
        Weights weights = GlinerCheckpoint.open(folder);
        return new LabelFolder(encoder, tokenizer, GlinerCheckpoint.ofLabels(weights));
    }

    private static Marks marks(Path folder, LabelSource.Prompt prompt, Tokenizer tokenizer, Weights weights, int rows) {
        int[] ent = tokens(tokenizer, prompt.entToken());
        int[] sep = tokens(tokenizer, prompt.sepToken());
        int entId = prompt.classTokenIndex()
                .orElseGet(() -> ent.length == 1 ? ent[0] : added(weights, tokenizer, rows, prompt));
        prompt.classTokenIndex()
                .ifPresent(id -> checkId(folder, "class_token_index", "ent_token", prompt.entToken(), tokenizer, id));
        // If the tokenizer is that of the encoder's model, this token was added after the other one.
        int sepId = sep.length == 1 ? sep[0] : entId + 1;
        checkRow(folder, weights, rows, prompt.entToken(), entId, "class_token_index");
        checkRow(folder, weights, rows, prompt.sepToken(), sepId, "class_token_index");
        if (prompt.relations().isEmpty()) {
            return new Marks(entId, sepId, OptionalInt.empty());
        }
        int relId = relId(folder, prompt.relations().get(), tokenizer, sepId);
        checkRow(folder, weights, rows, prompt.relations().get().relToken(), relId, "rel_token_index");
        return new Marks(entId, sepId, OptionalInt.of(relId));
    }

    /**
     * Checks the id of a token of the prompt. The original looks for this id among the tokens of a prompt, and finds no
     * label if another token has it.
     */
    private static void checkId(
            Path folder, String field, String tokenField, String token, Tokenizer tokenizer, int id) {
        Encoding encoding = tokenizer.encode(token);
        OptionalInt own = IntStream.range(0, encoding.length())
                .filter(i -> encoding.sequences()[i] != Encoding.SPECIAL
                        && encoding.tokens().get(i).equals(token))
                .map(i -> encoding.ids()[i])
                .findFirst();
        // If the tokenizer lacks the token, it is that of the encoder's model, and the token was added behind its
        // tokens.
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
                .ifPresent(id -> checkId(folder, "rel_token_index", "rel_token", relations.relToken(), tokenizer, id));
        int[] rel = tokens(tokenizer, relations.relToken());
        // If the tokenizer is that of the encoder's model, this token was added after the other two.
        return relations.relTokenIndex().orElseGet(() -> rel.length == 1 ? rel[0] : sepId + 1);
    }

    private static void checkRow(Path folder, Weights weights, int rows, String token, int id, String field) {
        if (id >= rows) {
            throw new ConfigException(
                    folder.resolve(GlinerConfig.FILE),
                    "gives " + token + " the id " + id + " (" + field + "), and " + weights.origin() + " has " + rows
                            + " rows of words");
        }
    }

    /**
     * Returns the id of the token before labels. It follows from the number of rows that the table of words has beyond
     * the tokenizer's tokens.
     */
    private static int added(Weights weights, Tokenizer tokenizer, int rows, LabelSource.Prompt prompt) {
        int known = tokenizer.vocabSize();
        if (prompt.relations().isPresent() && rows - known == 3) {
            return known; // Before the tokens that stand after labels and before relations.
        }
        return switch (rows - known) {
            case 3 -> known + 1; // Behind [FLERT].
            case 2 -> known; // As some models of early 2024 have it.
            default ->
                throw new WeightsException(
                        weights.origin(),
                        "has " + rows + " rows of words, and the tokenizer " + known
                                + " tokens, to which GLiNER adds [FLERT], " + prompt.entToken() + " and "
                                + prompt.sepToken() + ": the tokenizer is that of another model");
        };
    }

    /** Returns the tokens of a word, without special ones. */
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

    /**
     * Returns the folder of the model from which this one was made: a folder beside it, or from the hub or its cache.
     */
    private static Path base(Path folder, String name) {
        Optional<Path> sibling = lastPart(name)
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

    /** Returns the part of a name behind its owner; empty if that part is not the plain name of a file. */
    private static Optional<String> lastPart(String name) {
        return Optional.of(name.substring(name.lastIndexOf('/') + 1))
                .filter(last -> last.matches("[A-Za-z0-9_][A-Za-z0-9_.-]*"));
    }
}
