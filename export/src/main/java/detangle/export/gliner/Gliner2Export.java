package detangle.export.gliner;

import detangle.export.ExportException;
import detangle.export.onnx.Attribute;
import detangle.export.onnx.OnnxExporter;
import detangle.export.onnx.OnnxGru;
import detangle.export.onnx.OnnxModel;
import detangle.export.onnx.OnnxModel.Port;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Tensor;
import detangle.ir.TensorType;
import detangle.models.deberta.InputNames;
import detangle.models.gliner2.BoundaryHead;
import detangle.models.gliner2.ExportedParts;
import detangle.models.gliner2.Gliner2Config;
import detangle.models.gliner2.Gliner2Programs;
import detangle.models.gliner2.SpanHead;
import detangle.models.gliner2.SpanPrograms;
import detangle.models.gliner2.TokenPooling;
import detangle.pipelines.Gliner2Folder;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * GLiNER2 models of the span architecture as one ONNX graph for one text and one part of a schema. Inputs and the
 * output {@link ExportedParts#SPAN_SCORES} are those of the exports that fast_gliner reads
 * (gline-rs/src/model/gliner2/model.rs there). The other outputs tell what that one lacks: how many instances there
 * are, the spans of each of them, and scores of the labels of a classification. The programs are those of the pipeline;
 * ONNX's own GRU makes the states of instances.
 */
public final class Gliner2Export {
    private static final Dim ONE = Dim.of(1);

    /** The most instances; the program of their number also knows none. */
    private static final long INSTANCES = SpanPrograms.INSTANCE_COUNTS - 1;

    private final Gliner2Config config;
    private final SpanHead head;
    private final Gliner2Folder folder;
    private final boolean asWritten;
    private final OnnxModel model;
    private final ProgramGraph programs;
    private final TokenRows rows;

    private Gliner2Export(Gliner2Folder folder, SpanHead head, boolean asWritten) {
        this.folder = folder;
        this.asWritten = asWritten;
        this.config = folder.config();
        this.head = head;
        this.model = new OnnxModel("gliner2", inputs(), outputs());
        this.programs = new ProgramGraph(model, folder.parameters());
        this.rows = new TokenRows(model, InputNames.IDS);
    }

    /**
     * Writes the model of a folder.
     *
     * @param ignoreUnused whether tensors that no parameter takes are passed over
     * @param asWritten whether each layer of spans stands where the original has it, and not where it costs least
     * @return the files written, the model first
     * @throws ExportException that names the field, if a model of this kind is not exported
     * @throws detangle.ir.DetangleException of the part at fault, with one line that names the file and what to do
     */
    public static List<Path> write(
            Path model, Path file, boolean ignoreUnused, boolean asWritten, OnnxExporter exporter) {
        Gliner2Folder folder = Gliner2Folder.open(model, Optional.empty(), ignoreUnused);
        try {
            SpanHead head = spanHead(model, folder.config());
            return folder.weights().reading(() -> {
                Gliner2Export export = new Gliner2Export(folder, head, asWritten);
                export.build(ignoreUnused);
                return exporter.write(export.model, file);
            });
        } finally {
            folder.weights().close();
        }
    }

    private static SpanHead spanHead(Path model, Gliner2Config config) {
        if (config.pooling() != TokenPooling.FIRST) {
            throw refused(model, "token_pooling is not first: the graph takes the first token of each word");
        }
        return switch (config.head()) {
            case SpanHead head -> head;
            case BoundaryHead _ ->
                throw refused(model, "architecture is boundary: its candidates are chosen by their scores in between");
        };
    }

    private static ExportException refused(Path model, String why) {
        return new ExportException(model.resolve(Gliner2Config.FILE) + ": " + why
                + ", so that the model is not exported; run it with Detangle");
    }

    private static List<Port> inputs() {
        TensorType tokens = TensorType.of(DType.I64, ONE, Dim.symbol("sequence_length"));
        return List.of(
                new Port(InputNames.IDS, tokens),
                new Port(InputNames.MASK, tokens),
                new Port(ExportedParts.TEXT_POSITIONS, TensorType.of(DType.I64, Dim.symbol("num_words"))),
                new Port(ExportedParts.SCHEMA_POSITIONS, TensorType.of(DType.I64, Dim.symbol("num_marks"))),
                new Port(ExportedParts.SPAN_IDX, TensorType.of(DType.I64, ONE, Dim.symbol("num_spans"), Dim.of(2))));
    }

    private List<Port> outputs() {
        Dim words = Dim.symbol("num_words");
        Dim fields = Dim.symbol("num_fields");
        Dim width = Dim.of(head.maxWidth());
        return List.of(
                new Port(ExportedParts.SPAN_SCORES, TensorType.of(DType.F32, ONE, fields, words, width)),
                new Port(
                        ExportedParts.INSTANCE_SCORES,
                        TensorType.of(DType.F32, Dim.of(INSTANCES), fields, words, width)),
                new Port(
                        ExportedParts.COUNT_LOGITS,
                        TensorType.of(DType.F32, ONE, Dim.of(SpanPrograms.INSTANCE_COUNTS))),
                new Port(ExportedParts.LABEL_LOGITS, TensorType.of(DType.F32, ONE, fields)));
    }

    private void build(boolean ignoreUnused) {
        String states = programs.encoded(
                        config.encoder(),
                        folder.weights(),
                        Gliner2Programs.encoder(),
                        ignoreUnused,
                        Map.of(InputNames.IDS, InputNames.IDS, InputNames.MASK, InputNames.MASK))
                .get(Gliner2Programs.TOKENS);
        String tokens = model.operator("Squeeze", List.of(states, model.longs(0)));
        String marks = model.operator("Gather", List.of(tokens, ExportedParts.SCHEMA_POSITIONS));
        String part = model.operator("Slice", List.of(marks, model.longs(0), model.longs(1), model.longs(0)));
        String fields =
                model.operator("Slice", List.of(marks, model.longs(1), model.longs(Long.MAX_VALUE), model.longs(0)));
        model.output(
                ExportedParts.COUNT_LOGITS,
                programs.add(SpanPrograms.counts(config), Map.of(Gliner2Programs.MARKS, part))
                        .get(Gliner2Programs.LOGITS));
        String labels = programs.add(Gliner2Programs.classes(config), Map.of(Gliner2Programs.MARKS, fields))
                .get(Gliner2Programs.LOGITS);
        model.output(ExportedParts.LABEL_LOGITS, model.operator("Reshape", List.of(labels, model.longs(1, -1))));
        String words = model.operator("Gather", List.of(tokens, ExportedParts.TEXT_POSITIONS));
        String scores = spans(words, fields, instances(fields));
        model.output(ExportedParts.INSTANCE_SCORES, scores);
        model.output(
                ExportedParts.SPAN_SCORES,
                model.operator("Slice", List.of(scores, model.longs(0), model.longs(1), model.longs(0))));
    }

    /** The vectors of the fields of all instances, one after the other, {@code f32[I*F,H]}. */
    private String instances(String fields) {
        long width = config.encoder().hiddenSize();
        String shape = model.operator(
                "Concat",
                List.of(model.longs(INSTANCES), rows.size(fields, 0), model.longs(width)),
                Attribute.of("axis", 0));
        String positions = model.constant("instances", positions(width));
        String steps = model.operator("Expand", List.of(positions, shape));
        String states = OnnxGru.forwards(model, "count_embed.gru", steps, fields, gru());
        Map<String, String> given = new HashMap<>(Map.of(SpanPrograms.STATES, states));
        if (head.counting().readsFields()) {
            given.put(SpanPrograms.FIELDS, model.operator("Expand", List.of(fields, shape)));
        }
        String vectors =
                programs.add(SpanPrograms.instances(config, head), given).get(SpanPrograms.VECTORS);
        return model.operator("Reshape", List.of(vectors, model.longs(-1, width)));
    }

    /** Returns the input of the GRU for each instance, {@code f32[I,1,H]}. */
    private Tensor positions(long width) {
        float[] table = folder.parameters().get(SpanPrograms.POSITIONS).toFloats();
        float[] read = new float[Math.toIntExact(INSTANCES * width)];
        System.arraycopy(table, 0, read, 0, read.length);
        return Tensor.of(read, INSTANCES, 1, width);
    }

    private OnnxGru.Parameters gru() {
        return new OnnxGru.Parameters(
                folder.parameters().get(SpanPrograms.gru("weight_ih")),
                folder.parameters().get(SpanPrograms.gru("weight_hh")),
                folder.parameters().get(SpanPrograms.gru("bias_ih")),
                folder.parameters().get(SpanPrograms.gru("bias_hh")));
    }

    /** Probabilities of the spans that are given, {@code f32[I,F,W,K]}. */
    private String spans(String words, String fields, String vectors) {
        String scores = programs.add(
                        asWritten ? SpanPrograms.spansAsWritten(config) : SpanPrograms.spans(config),
                        Map.of(
                                SpanPrograms.WORDS,
                                words,
                                SpanPrograms.STARTS,
                                ends(0),
                                SpanPrograms.ENDS,
                                ends(1),
                                SpanPrograms.VECTORS,
                                vectors))
                .get(SpanPrograms.SCORES);
        String shape = model.operator(
                "Concat",
                List.of(
                        rows.size(ExportedParts.TEXT_POSITIONS, 0),
                        model.longs(head.maxWidth(), INSTANCES),
                        rows.size(fields, 0)),
                Attribute.of("axis", 0));
        String ofSpans = model.operator("Reshape", List.of(scores, shape));
        String ofFields = model.operator("Transpose", List.of(ofSpans), Attribute.of("perm", List.of(2L, 3L, 0L, 1L)));
        return model.operator("Sigmoid", List.of(ofFields));
    }

    /** The first or the last words of spans, {@code i64[N]}. */
    private String ends(long which) {
        String words = model.operator(
                "Gather", List.of(ExportedParts.SPAN_IDX, model.scalar(DType.I64, which)), Attribute.of("axis", 2));
        return model.operator("Reshape", List.of(words, model.longs(-1)));
    }
}
