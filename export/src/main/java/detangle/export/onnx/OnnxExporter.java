package detangle.export.onnx;

import com.google.protobuf.CodedOutputStream;
import detangle.export.ExportException;
import detangle.export.file.TensorBytes;
import detangle.export.onnx.OnnxGraph.Initializer;
import detangle.ir.Dim;
import detangle.ir.Program;
import detangle.ir.Shape;
import detangle.ir.TensorType;
import detangle.models.files.WholeFiles;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes programs as ONNX models that run at any size of their symbols. Data stands in the model, or beside it in
 * {@code FILE.data} where the whole would pass the 2 GiB that a protocol buffer can hold.
 */
public final class OnnxExporter {
    private static final int BUFFER_BYTES = 1 << 20;

    /** Tensors of fewer bytes stay in the model: runtimes read sizes and axes before they open another file. */
    private static final int MIN_EXTERNAL_BYTES = 1024;

    private final String producerVersion;
    private final Map<String, String> symbols;
    private final boolean externalData;

    /**
     * @param producerVersion what the model says of the Detangle that wrote it
     * @param symbols names for the program's symbols in the model; a symbol without one keeps its own
     * @param externalData whether data is written beside the model whatever its size
     */
    public OnnxExporter(String producerVersion, Map<String, String> symbols, boolean externalData) {
        this.producerVersion = producerVersion;
        this.symbols = Map.copyOf(symbols);
        this.externalData = externalData;
    }

    /**
     * Writes a program whose parameters are bound. Files appear whole or not at all.
     *
     * @return the files written, the model first
     * @throws ExportException if ONNX cannot say what the program does, or the file cannot be written
     * @throws detangle.ir.IrException if the program holds what is not exported: see {@link detangle.ir.Level#EXPORTED}
     */
    public List<Path> write(Program program, Path file) {
        return write(OnnxModel.of(program), file);
    }

    /**
     * Writes a model. Files appear whole or not at all.
     *
     * @return the files written, the model first
     * @throws ExportException if a file cannot be written
     */
    public List<Path> write(OnnxModel model, Path file) {
        OnnxGraph graph = model.graph();
        Path data = file.resolveSibling(file.getFileName() + ".data");
        try (WholeFiles files = new WholeFiles()) {
            Map<String, byte[]> tensors = new LinkedHashMap<>();
            boolean external = externalData || bytes(graph) > Integer.MAX_VALUE;
            if (external) {
                tensors.putAll(
                        writeData(graph, files.part(data), data.getFileName().toString()));
            }
            // The model last: it is what points at the data.
            writeModel(model, tensors, files.part(file));
            files.publish();
            return external ? List.of(file, data) : List.of(file);
        } catch (IOException e) {
            throw new ExportException(file + ": cannot be written: " + WholeFiles.reason(e), e);
        }
    }

    /** Returns what the model would take with its data inside; nodes and names are counted generously. */
    private static long bytes(OnnxGraph graph) {
        long bytes = 512L * (graph.nodes().size() + graph.initializers().size());
        for (Initializer initializer : graph.initializers().values()) {
            bytes += size(initializer);
        }
        return bytes;
    }

    private static long size(Initializer initializer) {
        return initializer.data().elements() * initializer.dtype().bytes();
    }

    /** Writes large tensors one after another; what the model says of each of them. */
    private static Map<String, byte[]> writeData(OnnxGraph graph, Path file, String name) throws IOException {
        Map<String, byte[]> places = new LinkedHashMap<>();
        long at = 0;
        try (OutputStream out = Files.newOutputStream(file)) {
            for (Map.Entry<String, Initializer> entry : graph.initializers().entrySet()) {
                long size = size(entry.getValue());
                if (size >= MIN_EXTERNAL_BYTES) {
                    TensorBytes.write(entry.getValue().data(), entry.getValue().dtype(), out);
                    places.put(entry.getKey(), OnnxProto.external(name, at, size));
                    at += size;
                }
            }
        }
        return places;
    }

    private void writeModel(OnnxModel model, Map<String, byte[]> external, Path file) throws IOException {
        OnnxGraph graph = model.graph();
        List<byte[]> nodes = graph.nodes().stream().map(OnnxProto::node).toList();
        List<byte[]> inputs = model.inputs().stream().map(this::value).toList();
        List<byte[]> outputs = model.outputs().stream().map(this::value).toList();
        byte[] aboutIt = OnnxProto.model("detangle", producerVersion);
        Map<String, byte[]> heads = new LinkedHashMap<>();
        long length = CodedOutputStream.computeStringSize(OnnxProto.GRAPH_NAME, model.name());
        length += total(OnnxProto.GRAPH_NODE, nodes);
        length += total(OnnxProto.GRAPH_INPUT, inputs);
        length += total(OnnxProto.GRAPH_OUTPUT, outputs);
        for (Map.Entry<String, Initializer> entry : graph.initializers().entrySet()) {
            Initializer initializer = entry.getValue();
            byte[] head = OnnxProto.tensor(
                    entry.getKey(),
                    OnnxType.of(initializer.dtype()),
                    initializer.data().shape());
            heads.put(entry.getKey(), head);
            long body = body(head, initializer, external.get(entry.getKey()));
            length += field(OnnxProto.GRAPH_INITIALIZER, body);
        }
        // A message says its length before its fields, so that the data itself need never be held.
        try (OutputStream stream = new BufferedOutputStream(Files.newOutputStream(file), BUFFER_BYTES)) {
            CodedOutputStream out = CodedOutputStream.newInstance(stream);
            out.writeRawBytes(aboutIt);
            begin(out, OnnxProto.MODEL_GRAPH, length);
            out.writeString(OnnxProto.GRAPH_NAME, model.name());
            each(out, OnnxProto.GRAPH_NODE, nodes);
            each(out, OnnxProto.GRAPH_INPUT, inputs);
            each(out, OnnxProto.GRAPH_OUTPUT, outputs);
            for (Map.Entry<String, Initializer> entry : graph.initializers().entrySet()) {
                byte[] head = heads.get(entry.getKey());
                byte[] place = external.get(entry.getKey());
                begin(out, OnnxProto.GRAPH_INITIALIZER, body(head, entry.getValue(), place));
                out.writeRawBytes(head);
                if (place != null) {
                    out.writeRawBytes(place);
                } else {
                    begin(out, OnnxProto.TENSOR_RAW_DATA, size(entry.getValue()));
                    out.flush();
                    TensorBytes.write(entry.getValue().data(), entry.getValue().dtype(), stream);
                }
            }
            out.flush();
        }
    }

    private byte[] value(OnnxModel.Port port) {
        TensorType type = port.type();
        List<Dim> dims = new ArrayList<>();
        for (Dim dim : type.shape().dims()) {
            String known = symbols.get(dim.toString());
            dims.add(known == null ? dim : Dim.symbol(known));
        }
        return OnnxProto.value(port.name(), type.withShape(new Shape(dims)));
    }

    private static long body(byte[] head, Initializer initializer, byte[] place) {
        return head.length + (place == null ? field(OnnxProto.TENSOR_RAW_DATA, size(initializer)) : place.length);
    }

    private static long total(int number, List<byte[]> messages) {
        return messages.stream().mapToLong(m -> field(number, m.length)).sum();
    }

    /** Bytes of a field with a length before it. */
    private static long field(int number, long length) {
        return CodedOutputStream.computeTagSize(number) + CodedOutputStream.computeUInt64SizeNoTag(length) + length;
    }

    private static void begin(CodedOutputStream out, int number, long length) throws IOException {
        final int lengthDelimited = 2;
        out.writeTag(number, lengthDelimited);
        out.writeUInt64NoTag(length);
    }

    private static void each(CodedOutputStream out, int number, List<byte[]> messages) throws IOException {
        for (byte[] message : messages) {
            out.writeByteArray(number, message);
        }
    }
}
