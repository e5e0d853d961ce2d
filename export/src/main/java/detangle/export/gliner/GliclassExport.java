package detangle.export.gliner;

import detangle.export.ExportException;
import detangle.export.onnx.Attribute;
import detangle.export.onnx.OnnxExporter;
import detangle.export.onnx.OnnxLstm;
import detangle.export.onnx.OnnxModel;
import detangle.export.onnx.OnnxModel.Port;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Tensor;
import detangle.ir.TensorType;
import detangle.models.deberta.InputNames;
import detangle.models.gliclass.GliclassConfig;
import detangle.models.gliclass.GliclassModel;
import detangle.models.gliclass.TextPooling;
import detangle.pipelines.GliclassFolder;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * GLiClass models whose labels stand beside the text as one ONNX graph for one text, with the inputs {@code input_ids}
 * and {@code attention_mask} and the output {@code logits} of a score for each label, which gliclass-rs reads too. The
 * graph finds labels and text by their markers among the tokens. The programs are those of the pipeline.
 *
 * <p>A batch has one text, since what most models make of a text depends on the padding beside it.
 */
public final class GliclassExport {
    /** The output, {@code f32[1,C]}, of which a sigmoid is a probability. */
    public static final String LOGITS = "logits";

    private static final Dim ONE = Dim.of(1);

    private final GliclassConfig config;
    private final GliclassFolder folder;
    private final OnnxModel model;
    private final ProgramGraph programs;
    private final TokenRows rows;

    /** The number of tokens, {@code i64[1]}. */
    private final String length;

    /** The numbers of the tokens, {@code i64[S]}. */
    private final String places;

    private GliclassExport(GliclassFolder folder) {
        this.folder = folder;
        this.config = folder.config();
        TensorType tokens = TensorType.of(DType.I64, ONE, Dim.symbol("sequence_length"));
        this.model = new OnnxModel(
                "gliclass",
                List.of(new Port(InputNames.IDS, tokens), new Port(InputNames.MASK, tokens)),
                List.of(new Port(LOGITS, TensorType.of(DType.F32, ONE, Dim.symbol("num_labels")))));
        this.programs = new ProgramGraph(model, folder.parameters());
        this.rows = new TokenRows(model, InputNames.IDS);
        this.length = rows.size(InputNames.IDS, 1);
        this.places = rows.range(length);
    }

    /**
     * Writes the model of a folder.
     *
     * @param ignoreUnused whether tensors that no parameter takes are passed over
     * @return the files written, the model first
     * @throws ExportException that names the field, if a model of this kind is not exported
     * @throws detangle.ir.DetangleException of the part at fault, with one line that names the file and what to do
     */
    public static List<Path> write(Path model, Path file, boolean ignoreUnused, OnnxExporter exporter) {
        if (GliclassConfig.read(model).labels().isPresent()) {
            throw new ExportException(model.resolve(GliclassConfig.FILE) + ": architecture_type is "
                    + GliclassConfig.kind(model) + ": labels have an encoder of their own, and only models of the kind"
                    + " uni-encoder are exported; run it with Detangle");
        }
        GliclassFolder folder = GliclassFolder.open(model, ignoreUnused);
        try {
            return folder.weights().reading(() -> {
                GliclassExport export = new GliclassExport(folder);
                export.build(ignoreUnused);
                return exporter.write(export.model, file);
            });
        } finally {
            folder.close();
        }
    }

    private void build(boolean ignoreUnused) {
        // No token has the id -1: where none is known, nothing is made of the text's place.
        String text = firstPlace(config.textToken().orElse(-1));
        Map<String, String> given =
                new HashMap<>(Map.of(InputNames.IDS, InputNames.IDS, InputNames.MASK, InputNames.MASK));
        if (config.segments()) {
            given.put(InputNames.TOKEN_TYPES, segments(text));
        }
        // Layers above the one that is read are left over.
        boolean cut = config.layer() < config.encoder().numHiddenLayers();
        String states = model.operator(
                "Squeeze",
                List.of(
                        programs.encoded(
                                        config.encoder(),
                                        folder.weights(),
                                        GliclassModel.exportedStates(config),
                                        ignoreUnused || cut,
                                        given)
                                .get(GliclassModel.STATES),
                        model.longs(0)));
        String numbers = rows.numbered(InputNames.IDS, config.labelToken());
        String count = rows.most(numbers);
        String markers = model.operator("Reshape", List.of(rows.places(numbers, count), model.longs(-1)));
        String scores = programs.add(
                        GliclassModel.scores(config),
                        Map.of(
                                GliclassModel.TOKENS, states,
                                GliclassModel.CHOICE, inSlots(choice(markers, text), count),
                                GliclassModel.TEXT, textStates(states, text)))
                .get(GliclassModel.SCORES);
        String ofLabels = model.operator("Slice", List.of(scores, model.longs(0), count));
        model.output(LOGITS, model.operator("Unsqueeze", List.of(ofLabels, model.longs(0))));
    }

    /** Returns the place of the first token with an id, or 0, {@code i64[1]}. */
    private String firstPlace(int id) {
        String found =
                model.cast(model.operator("Equal", List.of(InputNames.IDS, model.scalar(DType.I64, id))), DType.I64);
        String first = model.operator("ArgMax", List.of(found), Attribute.of("axis", 1), Attribute.of("keepdims", 0));
        return model.operator("Reshape", List.of(first, model.longs(1)));
    }

    /**
     * Returns the type of each token, {@code i64[1,S]}: 0 before the text, 1 from it on, 2 for all if there are
     * examples.
     */
    private String segments(String text) {
        String isText = model.cast(model.operator("GreaterOrEqual", List.of(places, text)), DType.I64);
        String examples =
                rows.most(rows.numbered(InputNames.IDS, config.exampleToken().orElseThrow()));
        String any = model.operator("Greater", List.of(examples, model.longs(0)));
        String types = model.operator("Where", List.of(any, model.longs(2), isText));
        return model.operator("Unsqueeze", List.of(types, model.longs(0)));
    }

    /** How much of each token is in the vector of each label, {@code f32[C,S]}. */
    private String choice(String markers, String text) {
        String marker = column(markers);
        String after = model.operator("Add", List.of(marker, model.longs(1)));
        return switch (config.labelPooling()) {
            case MARKER -> shares(marker, after);
            case FIRST_TOKEN -> shares(after, model.operator("Add", List.of(after, model.longs(1))));
            case AVERAGE -> shares(marker, column(next(markers, text)));
            case AVERAGE_OF_TOKENS -> shares(after, column(next(markers, text)));
        };
    }

    private String column(String vector) {
        return model.operator("Unsqueeze", List.of(vector, model.longs(1)));
    }

    /** Equal shares of the tokens from one on and before another, {@code i64[C,1]} both. */
    private String shares(String from, String end) {
        String chosen = model.cast(
                model.operator(
                        "And",
                        List.of(
                                model.operator("GreaterOrEqual", List.of(places, from)),
                                model.operator("Less", List.of(places, end)))),
                DType.F32);
        String sum = model.operator("ReduceSum", List.of(chosen, model.longs(1)));
        return model.operator("Div", List.of(chosen, model.operator("Max", List.of(sum, model.scalar(DType.F32, 1)))));
    }

    /** Returns the marker behind each label; behind the last one the text's, if texts are read alone, or the end. */
    private String next(String markers, String text) {
        String end = length;
        if (config.textAlone()) {
            String isThere = model.operator("Greater", List.of(text, model.longs(0)));
            end = model.operator("Where", List.of(isThere, text, length));
        }
        String last = model.operator("Slice", List.of(markers, model.longs(-1), model.longs(Long.MAX_VALUE)));
        String others = model.operator("Slice", List.of(markers, model.longs(1), model.longs(Long.MAX_VALUE)));
        return model.operator(
                "Concat", List.of(others, model.operator("Max", List.of(end, last))), Attribute.of("axis", 0));
    }

    /** Zeros for slots without a label, where the model has a fixed number of them. */
    private String inSlots(String choice, String count) {
        if (config.slots().isEmpty()) {
            return choice;
        }
        String free = model.operator("Sub", List.of(model.longs(config.slots().getAsInt()), count));
        String shape = model.operator("Concat", List.of(free, length), Attribute.of("axis", 0));
        String zeros = model.operator("Expand", List.of(model.scalar(DType.F32, 0), shape));
        return model.operator("Concat", List.of(choice, zeros), Attribute.of("axis", 0));
    }

    /** Returns the states that the text's vector is made of, {@code f32[T,H]}. */
    private String textStates(String states, String text) {
        if (!config.textAlone() && !config.lstm()) {
            return states;
        }
        String first = config.textAlone() ? text : model.longs(0);
        String own = model.operator("Slice", List.of(states, first, model.longs(Long.MAX_VALUE), model.longs(0)));
        if (config.lstm()) {
            List<OnnxLstm.Direction> directions =
                    IntStream.range(0, 2).mapToObj(this::direction).toList();
            String sequence = model.operator("Unsqueeze", List.of(own, model.longs(0)));
            String all = OnnxLstm.bidirectional(model, "lstm", sequence, rows.size(own, 0), directions);
            return model.operator("Squeeze", List.of(all, model.longs(0)));
        }
        if (config.textPooling() == TextPooling.PASS) {
            return own;
        }
        // The original moves the states to the front and leaves zeros behind them, which poolings read.
        String shape = model.operator(
                "Concat", List.of(first, model.longs(config.encoder().hiddenSize())), Attribute.of("axis", 0));
        String zeros = model.operator("Expand", List.of(model.scalar(DType.F32, 0), shape));
        return model.operator("Concat", List.of(own, zeros), Attribute.of("axis", 0));
    }

    private OnnxLstm.Direction direction(int direction) {
        return new OnnxLstm.Direction(
                tensor("weight_ih", direction),
                tensor("weight_hh", direction),
                tensor("bias_ih", direction),
                tensor("bias_hh", direction));
    }

    private Tensor tensor(String part, int direction) {
        return folder.parameters().get(GliclassModel.lstm(part, direction));
    }
}
