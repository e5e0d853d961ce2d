package detangle.bench.worker;

import detangle.ir.DType;
import detangle.ir.Tensor;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A file of the inputs of several batches, which one process of a measurement writes and another one reads. */
public final class InputFile {
    private InputFile() {}

    /** Writes the inputs of batches, by their names. */
    public static void write(Path file, List<Map<String, Tensor>> batches) throws IOException {
        try (DataOutputStream out = new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(file)))) {
            out.writeInt(batches.size());
            for (Map<String, Tensor> batch : batches) {
                out.writeInt(batch.size());
                for (Map.Entry<String, Tensor> input : batch.entrySet()) {
                    write(out, input.getKey(), input.getValue());
                }
            }
        }
    }

    private static void write(DataOutputStream out, String name, Tensor tensor) throws IOException {
        out.writeUTF(name);
        out.writeUTF(tensor.dtype().name());
        out.writeInt(tensor.shape().length);
        for (long size : tensor.shape()) {
            out.writeLong(size);
        }
        byte[] data = tensor.data().toArray(ValueLayout.JAVA_BYTE);
        out.writeInt(data.length);
        out.write(data);
    }

    /** Reads the inputs of all batches, in their order. */
    public static List<Map<String, Tensor>> read(Path file) throws IOException {
        try (DataInputStream in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
            List<Map<String, Tensor>> batches = new ArrayList<>();
            for (int count = in.readInt(); count > 0; count--) {
                Map<String, Tensor> batch = new HashMap<>();
                for (int inputs = in.readInt(); inputs > 0; inputs--) {
                    String name = in.readUTF();
                    batch.put(name, tensor(in));
                }
                batches.add(batch);
            }
            return batches;
        }
    }

    private static Tensor tensor(DataInputStream in) throws IOException {
        DType dtype = DType.valueOf(in.readUTF());
        long[] shape = new long[in.readInt()];
        for (int axis = 0; axis < shape.length; axis++) {
            shape[axis] = in.readLong();
        }
        return new Tensor(dtype, shape, MemorySegment.ofArray(in.readNBytes(in.readInt())));
    }
}
