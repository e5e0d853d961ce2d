package detangle.cli;

import detangle.models.deberta.ConfigException;
import detangle.models.deberta.ConfigFields;
import detangle.pipelines.LabelChunks;
import detangle.pipelines.LabelExample;
import detangle.pipelines.LabelTree;
import detangle.pipelines.PipelineException;
import detangle.pipelines.ZeroShotClassifier;
import detangle.pipelines.ZeroShotOptions;
import detangle.pipelines.task.Column;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The options of zero-shot-classification for GLiClass models beside labels; names and files are those of GLiClass. */
final class LabelArguments {
    private static final String TEXT = "text";
    private static final String LABELS = "labels";

    /** The property that GLiClass takes in the place of {@link #LABELS}. */
    private static final String TRUE_LABELS = "true_labels";

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    @Option(names = "--prompt", paramLabel = "TEXT", description = "A question about each text for a GLiClass model.")
    private String prompt = "";

    @Option(
            names = "--hierarchical-labels",
            paramLabel = "FILE",
            description = "Labels in groups, instead of --candidate-labels: a JSON object such as {\"tone\":"
                    + " [\"glad\", \"sad\"]}, whose labels are tone.glad and tone.sad.")
    private Optional<Path> groups;

    @Option(
            names = "--return-hierarchical",
            description = "Print the scores of all labels in the form of --hierarchical-labels.")
    private boolean nested;

    @Option(
            names = "--examples",
            paramLabel = "FILE",
            description = "Texts with their right labels, as examples for a GLiClass model: a JSON object"
                    + " {\"examples\": [{\"text\": ..., \"labels\": [...]}]}.")
    private Optional<Path> examples;

    @Option(
            names = "--labels-chunk-size",
            paramLabel = "N",
            description = "The number of labels that a GLiClass model judges at once, so that there may be any"
                    + " number of labels. With --text-chunk-size the default is 8.")
    private Optional<Integer> labelChunk;

    @Option(
            names = "--text-chunk-size",
            paramLabel = "N",
            description = "The characters of the parts in which a GLiClass model reads a long text. With"
                    + " --labels-chunk-size the default is 8192.")
    private Optional<Integer> textChunk;

    @Option(
            names = "--text-chunk-overlap",
            paramLabel = "N",
            description = "The characters that two parts of a text share; 256 by default, or as many as fit.")
    private Optional<Integer> textOverlap;

    @Option(names = "--label-vectors", paramLabel = "FILE", description = LabelVectorFile.OPTION)
    private Optional<Path> labelVectors;

    private Optional<LabelTree> tree = Optional.empty();
    private List<LabelExample> shown = List.of();
    private Optional<LabelChunks> chunks = Optional.empty();

    /** Reads what is asked for; to be called before any model is loaded. */
    void read(boolean labelsAreNamed) {
        if (groups.isPresent() == labelsAreNamed) {
            throw wrongUse("name labels with either --candidate-labels or --hierarchical-labels");
        }
        if (nested && groups.isEmpty()) {
            throw wrongUse("--return-hierarchical is for --hierarchical-labels");
        }
        tree = groups.map(LabelArguments::tree);
        shown = examples.map(LabelArguments::examples).orElseGet(List::of);
        if (textOverlap.isPresent() && textChunk.isEmpty()) {
            throw wrongUse("--text-chunk-overlap is for --text-chunk-size");
        }
        try {
            chunks = LabelChunks.asked(labelChunk, textChunk, textOverlap);
        } catch (PipelineException e) {
            throw wrongUse(e.getMessage());
        }
    }

    private ParameterException wrongUse(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    private static LabelTree tree(Path file) {
        Map<String, Object> groups = JsonMapper.shared()
                .convertValue(ConfigFields.read(file).root(), new TypeReference<LinkedHashMap<String, Object>>() {});
        try {
            return LabelTree.of(groups);
        } catch (PipelineException e) {
            throw new ConfigException(file, e.getMessage());
        }
    }

    private static List<LabelExample> examples(Path file) {
        ConfigFields fields = ConfigFields.read(file);
        JsonNode all = fields.find("examples")
                .filter(JsonNode::isArray)
                .orElseThrow(() -> fields.fault("examples", "is not a list of examples"));
        List<LabelExample> examples = new ArrayList<>();
        for (JsonNode node : all) {
            String where = "examples[" + examples.size() + "]";
            if (!node.isObject()) {
                throw fields.fault(where, "is not an object");
            }
            ConfigFields example = new ConfigFields(file, node);
            String text = example.text(TEXT).orElseThrow(() -> fields.fault(where + "." + TEXT, "is missing"));
            String name = example.find(LABELS).isPresent() ? LABELS : TRUE_LABELS;
            JsonNode labels = example.find(name).orElseThrow(() -> fields.fault(where + "." + LABELS, "is missing"));
            examples.add(new LabelExample(
                    text,
                    labels.isString() ? List.of(labels.stringValue()) : strings(fields, where + "." + name, labels)));
        }
        return examples;
    }

    private static List<String> strings(ConfigFields fields, String where, JsonNode list) {
        if (!list.isArray()) {
            throw fields.fault(where, "is not a list of labels");
        }
        List<String> strings = new ArrayList<>();
        for (JsonNode element : list) {
            if (!element.isString()) {
                throw fields.fault(where, "has an element that is not a string");
            }
            strings.add(element.stringValue());
        }
        if (strings.isEmpty()) {
            throw fields.fault(where, "has no labels");
        }
        return strings;
    }

    /** Gives a model the vectors of labels, if there are any. */
    void give(ZeroShotClassifier classifier) {
        labelVectors.ifPresent(file -> classifier.giveLabelVectors(LabelVectorFile.read(file)));
    }

    /** Returns the labels in groups; empty where they are named one by one. */
    Optional<LabelTree> tree() {
        return tree;
    }

    /** Returns the tree in whose form scores are told; empty for a list. */
    Optional<LabelTree> returned() {
        return tree.filter(all -> nested);
    }

    /** Returns a tree as columns of an answer. */
    static List<Column> columns(LabelTree tree) {
        return switch (tree) {
            case LabelTree.Labels(List<String> names) ->
                names.stream().map(Column::score).toList();
            case LabelTree.Groups(SequencedMap<String, LabelTree> all) ->
                all.sequencedEntrySet().stream()
                        .map(group -> new Column(group.getKey(), new Column.ObjectOf(columns(group.getValue()))))
                        .toList();
        };
    }

    ZeroShotOptions options(ZeroShotOptions options) {
        ZeroShotOptions asked = options.withPrompt(prompt).withExamples(shown);
        return chunks.map(asked::withChunks).orElse(asked);
    }
}
