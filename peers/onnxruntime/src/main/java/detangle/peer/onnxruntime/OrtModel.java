package detangle.peer.onnxruntime;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import ai.onnxruntime.TensorInfo;
import detangle.ir.DType;
import detangle.ir.Tensor;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** A model in ONNX Runtime on the CPU, with all of its graph optimisations. */
public final class OrtModel implements AutoCloseable {
    private final OrtEnvironment environment;
    private final OrtSession session;

    private OrtModel(OrtEnvironment environment, OrtSession session) {
        this.environment = environment;
        this.session = session;
    }

    /**
     * Loads a file.
     *
     * @param threads that one operation uses; 0 leaves it to ONNX Runtime
     * @throws OrtException if ONNX Runtime refuses the model
     */
    public static OrtModel load(Path file, int threads) throws OrtException {
        OrtEnvironment environment = OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
        try (SessionOptions options = new SessionOptions()) {
            options.setOptimizationLevel(SessionOptions.OptLevel.ALL_OPT);
            options.setIntraOpNumThreads(threads);
            return new OrtModel(environment, environment.createSession(file.toString(), options));
        }
    }

    /** Returns the names of the inputs. */
    public Set<String> inputs() {
        return session.getInputNames();
    }

    /** Inputs as ONNX Runtime holds them, to run on any number of times. */
    public final class Prepared implements AutoCloseable {
        private final Map<String, OnnxTensor> tensors = new HashMap<>();

        private Prepared() {}

        /** Runs the model and leaves its outputs behind. */
        public void run() throws OrtException {
            session.run(tensors).close();
        }

        @Override
        public void close() {
            tensors.values().forEach(OnnxTensor::close);
        }
    }

    public Prepared prepare(Map<String, Tensor> inputs) throws OrtException {
        Prepared prepared = new Prepared();
        for (Map.Entry<String, Tensor> entry : inputs.entrySet()) {
            prepared.tensors.put(entry.getKey(), tensor(entry.getValue()));
        }
        return prepared;
    }

    /** Returns the outputs, by name. */
    public Map<String, Tensor> run(Map<String, Tensor> inputs) throws OrtException {
        Map<String, Tensor> outputs = new LinkedHashMap<>();
        try (Prepared prepared = prepare(inputs);
                OrtSession.Result result = session.run(prepared.tensors)) {
            for (Map.Entry<String, OnnxValue> output : result) {
                outputs.put(output.getKey(), tensor((OnnxTensor) output.getValue()));
            }
        }
        return outputs;
    }

    private OnnxTensor tensor(Tensor tensor) throws OrtException {
        ByteBuffer data = ByteBuffer.allocateDirect(
                        Math.toIntExact(tensor.data().byteSize()))
                .order(ByteOrder.nativeOrder());
        MemorySegment.ofBuffer(data).copyFrom(tensor.data());
        return OnnxTensor.createTensor(environment, data, tensor.shape(), type(tensor.dtype()));
    }

    private static Tensor tensor(OnnxTensor tensor) {
        TensorInfo info = tensor.getInfo();
        return new Tensor(dtype(info.type), info.getShape(), MemorySegment.ofBuffer(tensor.getByteBuffer()));
    }

    private static OnnxJavaType type(DType dtype) {
        return switch (dtype) {
            case F32 -> OnnxJavaType.FLOAT;
            case F64 -> OnnxJavaType.DOUBLE;
            case F16 -> OnnxJavaType.FLOAT16;
            case BF16 -> OnnxJavaType.BFLOAT16;
            case I32 -> OnnxJavaType.INT32;
            case I64 -> OnnxJavaType.INT64;
            case I8 -> OnnxJavaType.INT8;
            case I1 -> OnnxJavaType.BOOL;
        };
    }

    private static DType dtype(OnnxJavaType type) {
        return switch (type) {
            case FLOAT -> DType.F32;
            case DOUBLE -> DType.F64;
            case FLOAT16 -> DType.F16;
            case BFLOAT16 -> DType.BF16;
            case INT32 -> DType.I32;
            case INT64 -> DType.I64;
            case INT8 -> DType.I8;
            case BOOL -> DType.I1;
            default -> throw new IllegalArgumentException(type + " is not an element type of programs");
        };
    }

    @Override
    public void close() throws OrtException {
        session.close();
    }
}
