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
import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.Head;
import detangle.models.deberta.InputNames;
import detangle.models.gliner.CrossFusion;
import detangle.models.gliner.ExportedNames;
import detangle.models.gliner.GlinerCheckpoint;
import detangle.models.gliner.GlinerConfig;
import detangle.models.gliner.GlinerModel;
import detangle.models.gliner.GlinerPrograms;
import detangle.models.gliner.LabelSource;
import detangle.models.gliner.Scoring;
import detangle.models.weights.Weights;
import detangle.pipelines.GlinerFolder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * GLiNER models as one ONNX graph, with the inputs and the output of gliner's own exports (gliner/model.py,
 * _get_onnx_input_spec), so that what reads those reads this: gliner itself and, for models that score spans, gline-rs.
 * The programs are those of the pipeline; between them stand operators that take the states of words and labels, and
 * the LSTM.
 *
 * <p>{@link ExportedNames} says what the inputs and the output are.
 */
public final class GlinerExport {
    private static final Dim BATCH = Dim.symbol("batch_size");

    private final GlinerFolder folder;
    private final GlinerConfig config;
    private final boolean ignoreUnused;
    private final boolean asWritten;
    private final Map<String, Tensor> parameters = new HashMap<>();
    private final OnnxModel model;
    private final ProgramGraph programs;
    private final TokenRows rows;

    private GlinerExport(GlinerFolder folder, boolean ignoreUnused, boolean asWritten) {
        this.folder = folder;
        this.config = folder.config();
        this.ignoreUnused = ignoreUnused;
        this.asWritten = asWritten;
        this.model = new OnnxModel("gliner", inputs(), List.of(new Port(ExportedNames.LOGITS, logits())));
        this.programs = new ProgramGraph(model, parameters);
        this.rows = new TokenRows(model, InputNames.IDS);
        for (String name : GlinerCheckpoint.parameters(config).sequencedKeySet()) {
            parameters.put(name, folder.weights().get(name));
        }
    }

    /**
     * Writes the model of a folder.
     *
     * @param ignoreUnused whether tensors that no parameter takes are passed over
     * @param asWritten whether each layer of spans stands where the original has it, and not where it costs least
     * @return the files written, the model first
     * @throws ExportException that names the field, if a model of this kind is not one graph
     * @throws detangle.ir.DetangleException of the part at fault, with one line that names the file and what to do
     */
    public static List<Path> write(
            Path model, Path file, boolean ignoreUnused, boolean asWritten, OnnxExporter exporter) {
        GlinerFolder folder = GlinerFolder.open(model, ignoreUnused);
        try {
            check(model, folder.config());
            return folder.weights().reading(() -> {
                GlinerExport export = new GlinerExport(folder, ignoreUnused, asWritten);
                if (folder.labels().isEmpty()) {
                    export.build();
                    return exporter.write(export.model, file);
                }
                return folder.labels().get().weights().reading(() -> {
                    export.build();
                    return exporter.write(export.model, file);
                });
            });
        } finally {
            folder.labels().ifPresent(labels -> labels.weights().close());
            folder.weights().close();
        }
    }

    /** Loops whose number of steps follows from scores are not a graph. */
    private static void check(Path model, GlinerConfig config) {
        if (config.relations().isPresent()) {
            throw refused(model, "relations_layer is set: relations are scored between entities that are found first");
        }
        switch (config.scoring()) {
            case Scoring.Spans _, Scoring.Tokens _ -> {}
            case Scoring.RepresentedSpans _ ->
                throw refused(model, "represent_spans is true: spans are scored that the scores of words find first");
        }
        if (config.labels() instanceof LabelSource.OwnEncoder own
                && own.encoder().isEmpty()) {
            throw refused(model, "labels_encoder_config has the model_type '" + own.type() + "'");
        }
    }

    private static ExportException refused(Path model, String why) {
        return new ExportException(model.resolve(GlinerConfig.FILE) + ": " + why
                + ", so that the model is not exported; run it with Detangle");
    }

    private List<Port> inputs() {
        Dim length = Dim.symbol("sequence_length");
        Dim spans = Dim.symbol("num_spans");
        List<Port> inputs = new ArrayList<>(List.of(
                new Port(InputNames.IDS, TensorType.of(DType.I64, BATCH, length)),
                new Port(InputNames.MASK, TensorType.of(DType.I64, BATCH, length)),
                new Port(ExportedNames.WORDS_MASK, TensorType.of(DType.I64, BATCH, length)),
                new Port(ExportedNames.TEXT_LENGTHS, TensorType.of(DType.I64, BATCH, Dim.of(1)))));
        if (config.scoring() instanceof Scoring.Spans) {
            inputs.add(new Port(ExportedNames.SPAN_IDX, TensorType.of(DType.I64, BATCH, spans, Dim.of(2))));
            inputs.add(new Port(ExportedNames.SPAN_MASK, TensorType.of(DType.I1, BATCH, spans)));
        }
        if (config.labels() instanceof LabelSource.OwnEncoder) {
            TensorType type = TensorType.of(DType.I64, Dim.symbol("num_labels"), Dim.symbol("label_seq_length"));
            inputs.add(new Port(ExportedNames.LABEL_IDS, type));
            inputs.add(new Port(ExportedNames.LABEL_MASK, type));
        }
        return inputs;
    }

    private TensorType logits() {
        Dim words = Dim.symbol("num_words");
        Dim classes = Dim.symbol("num_classes");
        return config.scoring() instanceof Scoring.Spans
                ? TensorType.of(DType.F32, BATCH, words, Dim.of(config.maxWidth()), classes)
                : TensorType.of(DType.F32, BATCH, words, classes, Dim.of(3));
    }

    private void build() {
        int width = config.hiddenSize();
        String states = encoded(
                        config.encoder(), folder.weights(), GlinerModel.states(config), InputNames.IDS, InputNames.MASK)
                .get(GlinerModel.STATES);
        String count = rows.most(ExportedNames.TEXT_LENGTHS);
        String words = rows.taken(states, rows.places(ExportedNames.WORDS_MASK, count), 0, width);
        if (config.lstm()) {
            String lengths = model.operator("Reshape", List.of(ExportedNames.TEXT_LENGTHS, model.longs(-1)));
            List<OnnxLstm.Direction> directions =
                    IntStream.range(0, 2).mapToObj(this::direction).toList();
            words = OnnxLstm.bidirectional(model, "rnn.lstm", words, lengths, directions);
        }
        String labels = labels(states);
        if (config.fusion().isPresent()) {
            Map<String, String> fused = fused(config.fusion().get(), words, labels, count);
            words = fused.get(GlinerPrograms.FUSED_WORDS);
            labels = fused.get(GlinerPrograms.FUSED_LABELS);
        }
        model.output(
                ExportedNames.LOGITS,
                config.scoring() instanceof Scoring.Spans
                        ? spans(words, labels, count)
                        : programs.add(
                                        GlinerPrograms.tokens(config),
                                        Map.of(GlinerPrograms.WORDS, words, GlinerPrograms.LABELS, labels))
                                .get(GlinerPrograms.SCORES));
    }

    private OnnxLstm.Direction direction(int direction) {
        return new OnnxLstm.Direction(
                parameters.get(GlinerModel.lstm("weight_ih", direction)),
                parameters.get(GlinerModel.lstm("weight_hh", direction)),
                parameters.get(GlinerModel.lstm("bias_ih", direction)),
                parameters.get(GlinerModel.lstm("bias_hh", direction)));
    }

    /** Returns the vectors of labels, {@code f32[B,C,D]}. */
    private String labels(String states) {
        return switch (config.labels()) {
            case LabelSource.Prompt prompt -> {
                String numbers = rows.numbered(
                        InputNames.IDS, folder.marks().orElseThrow().ent());
                String places = rows.places(numbers, rows.most(numbers));
                yield rows.taken(states, places, prompt.embedEntToken() ? 0 : 1, config.hiddenSize());
            }
            case LabelSource.OwnEncoder _ -> {
                GlinerFolder.LabelFolder labels = folder.labels().orElseThrow();
                String vectors = encoded(
                                labels.config(),
                                labels.weights(),
                                GlinerModel.labels(config),
                                ExportedNames.LABEL_IDS,
                                ExportedNames.LABEL_MASK)
                        .get(GlinerModel.VECTORS);
                yield rows.ofEachText(vectors);
            }
        };
    }

    private Map<String, String> fused(CrossFusion fusion, String words, String labels, String count) {
        String isWord = model.operator("Less", List.of(rows.range(count), ExportedNames.TEXT_LENGTHS));
        String ones = model.operator(
                "Expand",
                List.of(
                        model.scalar(DType.I64, 1),
                        model.operator(
                                "Concat", List.of(rows.batch(), rows.size(labels, 1)), Attribute.of("axis", 0))));
        return programs.add(
                GlinerPrograms.fused(config, fusion),
                Map.of(
                        GlinerPrograms.WORDS, words,
                        GlinerPrograms.LABELS, labels,
                        GlinerPrograms.WORD_MASK, model.cast(isWord, DType.I64),
                        GlinerPrograms.LABEL_MASK, ones));
    }

    /**
     * Returns the scores of the spans that are given, {@code f32[B,W,K,C]}; one that is masked has those of the first
     * word.
     */
    private String spans(String words, String labels, String count) {
        String given = model.operator("Unsqueeze", List.of(ExportedNames.SPAN_MASK, model.longs(-1)));
        String spans = model.operator("Where", List.of(given, ExportedNames.SPAN_IDX, model.scalar(DType.I64, 0)));
        String scores = programs.add(
                        asWritten ? GlinerPrograms.spansAsWritten(config) : GlinerPrograms.spans(config),
                        Map.of(
                                GlinerPrograms.WORDS,
                                words,
                                GlinerPrograms.LABELS,
                                labels,
                                GlinerPrograms.STARTS,
                                words(spans, 0, count),
                                GlinerPrograms.ENDS,
                                words(spans, 1, count)))
                .get(GlinerPrograms.SCORES);
        String shape = model.operator(
                "Concat",
                List.of(rows.batch(), count, model.longs(config.maxWidth()), rows.size(labels, 1)),
                Attribute.of("axis", 0));
        return model.operator("Reshape", List.of(scores, shape));
    }

    /** Returns the first or the last words of spans as rows of all words, {@code i64[B,N]}. */
    private String words(String spans, long which, String count) {
        String words =
                model.operator("Gather", List.of(spans, model.scalar(DType.I64, which)), Attribute.of("axis", 2));
        return model.operator("Add", List.of(words, rows.firstRows(count)));
    }

    private Map<String, String> encoded(DebertaConfig encoder, Weights weights, Head head, String ids, String mask) {
        return programs.encoded(
                encoder, weights, head, ignoreUnused, Map.of(InputNames.IDS, ids, InputNames.MASK, mask));
    }
}
