package detangle.export.onnx;

import com.google.protobuf.CodedOutputStream;
import detangle.export.onnx.OnnxGraph.OnnxNode;
import detangle.ir.Dim;
import detangle.ir.TensorType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;

/** Messages of onnx.proto, by the field numbers of that file (github.com/onnx/onnx, onnx/onnx.proto). */
final class OnnxProto {
    static final int MODEL_GRAPH = 7;
    static final int GRAPH_NODE = 1;
    static final int GRAPH_NAME = 2;
    static final int GRAPH_INITIALIZER = 5;
    static final int GRAPH_INPUT = 11;
    static final int GRAPH_OUTPUT = 12;
    static final int TENSOR_RAW_DATA = 9;

    /** The IR version that came with opset 18. */
    private static final int IR_VERSION = 8;

    private static final int EXTERNAL = 1;

    private OnnxProto() {}

    /** Writes the fields of a message. */
    @FunctionalInterface
    interface Fields {
        void write(CodedOutputStream out) throws IOException;
    }

    static byte[] message(Fields fields) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        CodedOutputStream out = CodedOutputStream.newInstance(bytes);
        try {
            fields.write(out);
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** Returns all of a ModelProto but its graph. */
    static byte[] model(String producer, String version) {
        return message(out -> {
            out.writeInt64(1, IR_VERSION);
            out.writeString(2, producer);
            out.writeString(3, version);
            out.writeByteArray(8, message(opset -> opset.writeInt64(2, OnnxLowering.OPSET)));
        });
    }

    static byte[] node(OnnxNode node) {
        return message(out -> {
            for (String input : node.inputs()) {
                out.writeString(1, input);
            }
            out.writeString(2, node.output());
            out.writeString(3, node.output());
            out.writeString(4, node.type());
            for (Attribute attribute : node.attributes()) {
                out.writeByteArray(5, attribute(attribute));
            }
        });
    }

    private static byte[] attribute(Attribute attribute) {
        return message(out -> {
            out.writeString(1, attribute.name());
            switch (attribute) {
                case Attribute.OfFloat(var name, float value) -> {
                    out.writeFloat(2, value);
                    out.writeEnum(20, 1);
                }
                case Attribute.OfInt(var name, long value) -> {
                    out.writeInt64(3, value);
                    out.writeEnum(20, 2);
                }
                case Attribute.OfString(var name, String value) -> {
                    out.writeString(4, value);
                    out.writeEnum(20, 3);
                }
                case Attribute.OfInts(var name, List<Long> values) -> {
                    for (long value : values) {
                        out.writeInt64(8, value);
                    }
                    out.writeEnum(20, 7);
                }
            }
        });
    }

    /** Returns a ValueInfoProto; symbolic sizes keep their text. */
    static byte[] value(String name, TensorType type) {
        byte[] shape = message(out -> {
            for (Dim dim : type.shape().dims()) {
                out.writeByteArray(1, message(d -> {
                    if (dim.isStatic()) {
                        d.writeInt64(1, dim.size());
                    } else {
                        d.writeString(2, dim.toString());
                    }
                }));
            }
        });
        byte[] tensor = message(out -> {
            out.writeInt32(1, OnnxType.of(type.dtype()));
            out.writeByteArray(2, shape);
        });
        byte[] typeProto = message(out -> out.writeByteArray(1, tensor));
        return message(out -> {
            out.writeString(1, name);
            out.writeByteArray(2, typeProto);
        });
    }

    /** Returns a TensorProto without its data. */
    static byte[] tensor(String name, int type, long[] shape) {
        return message(out -> {
            for (long size : shape) {
                out.writeInt64(1, size);
            }
            out.writeInt32(2, type);
            out.writeString(8, name);
        });
    }

    /** Returns the field that says that a tensor's data is in another file. */
    static byte[] external(String file, long offset, long length) {
        return message(out -> {
            out.writeByteArray(13, entry("location", file));
            out.writeByteArray(13, entry("offset", Long.toString(offset)));
            out.writeByteArray(13, entry("length", Long.toString(length)));
            out.writeEnum(14, EXTERNAL);
        });
    }

    private static byte[] entry(String key, String value) {
        return message(out -> {
            out.writeString(1, key);
            out.writeString(2, value);
        });
    }
}
