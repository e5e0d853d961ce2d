package detangle.peer.djl;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.translate.NoopTranslator;
import ai.djl.translate.TranslateException;
import detangle.ir.DType;
import detangle.ir.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A TorchScript model in PyTorch's library on the CPU. */
public final class DjlModel implements AutoCloseable {
    private final Model model;
    private final Predictor<NDList, NDList> predictor;

    private DjlModel(Model model) {
        this.model = model;
        this.predictor = model.newPredictor(new NoopTranslator());
    }

    /**
     * Loads a file. The first model of a process decides how many threads all of them use.
     *
     * @param threads that one operation uses; 0 leaves it to PyTorch
     */
    public static DjlModel load(Path file, int threads) throws IOException, MalformedModelException {
        if (threads > 0) {
            System.setProperty("ai.djl.pytorch.num_threads", Integer.toString(threads));
        }
        // Nothing is fetched, and nobody is told.
        System.setProperty("ai.djl.offline", "true");
        System.setProperty("OPT_OUT_TRACKING", "true");
        Model model = Model.newInstance("model", Device.cpu(), "PyTorch");
        try {
            model.load(file.toAbsolutePath());
        } catch (IOException | MalformedModelException | RuntimeException e) {
            model.close();
            throw e;
        }
        return new DjlModel(model);
    }

    /** Inputs as PyTorch holds them, to run on any number of times. */
    public final class Prepared implements AutoCloseable {
        private final NDManager manager = model.getNDManager().newSubManager();
        private final NDList inputs = new NDList();

        private Prepared() {}

        /** Runs the model and leaves its outputs behind. */
        public void run() throws TranslateException {
            predictor.predict(inputs).close();
        }

        @Override
        public void close() {
            manager.close();
        }
    }

    /** @param inputs in the order in which the model takes them */
    public Prepared prepare(List<Tensor> inputs) {
        Prepared prepared = new Prepared();
        for (Tensor tensor : inputs) {
            prepared.inputs.add(array(prepared.manager, tensor));
        }
        return prepared;
    }

    /** Returns the outputs, by name. */
    public Map<String, Tensor> run(List<Tensor> inputs) throws TranslateException {
        Map<String, Tensor> outputs = new LinkedHashMap<>();
        try (Prepared prepared = prepare(inputs);
                NDList result = predictor.predict(prepared.inputs)) {
            for (NDArray output : new ArrayList<>(result)) {
                outputs.put(output.getName(), tensor(output));
            }
        }
        return outputs;
    }

    private static NDArray array(NDManager manager, Tensor tensor) {
        ByteBuffer data = ByteBuffer.allocateDirect(
                        Math.toIntExact(tensor.data().byteSize()))
                .order(ByteOrder.nativeOrder());
        MemorySegment.ofBuffer(data).copyFrom(tensor.data());
        return manager.create(data, new Shape(tensor.shape()), type(tensor.dtype()));
    }

    private static Tensor tensor(NDArray array) {
        ByteBuffer bytes = array.toByteBuffer();
        byte[] copy = new byte[bytes.remaining()];
        bytes.get(copy);
        return new Tensor(dtype(array.getDataType()), array.getShape().getShape(), MemorySegment.ofArray(copy));
    }

    private static DataType type(DType dtype) {
        return switch (dtype) {
            case F32 -> DataType.FLOAT32;
            case F64 -> DataType.FLOAT64;
            case F16 -> DataType.FLOAT16;
            case BF16 -> DataType.BFLOAT16;
            case I32 -> DataType.INT32;
            case I64 -> DataType.INT64;
            case I8 -> DataType.INT8;
            case I1 -> DataType.BOOLEAN;
        };
    }

    private static DType dtype(DataType type) {
        return switch (type) {
            case FLOAT32 -> DType.F32;
            case FLOAT64 -> DType.F64;
            case FLOAT16 -> DType.F16;
            case BFLOAT16 -> DType.BF16;
            case INT32 -> DType.I32;
            case INT64 -> DType.I64;
            case INT8 -> DType.I8;
            case BOOLEAN -> DType.I1;
            default -> throw new IllegalArgumentException(type + " is not an element type of programs");
        };
    }

    @Override
    public void close() {
        predictor.close();
        model.close();
    }
}
