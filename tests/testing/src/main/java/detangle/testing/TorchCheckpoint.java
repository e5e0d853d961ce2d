package detangle.testing;

import detangle.ir.DType;
import detangle.ir.Tensor;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Files of tensors as torch.save writes them, such as {@code pytorch_model.bin}. */
public final class TorchCheckpoint {
    private static final Map<DType, String> STORAGES =
            Map.of(DType.F32, "FloatStorage", DType.F16, "HalfStorage", DType.I64, "LongStorage");

    private TorchCheckpoint() {}

    /**
     * Writes tensors, each with a storage of its own.
     *
     * @param tensors of the types F32, F16 and I64, by their names
     */
    public static void write(Path file, SequencedMap<String, Tensor> tensors) throws IOException {
        List<String> namesAndValues = new ArrayList<>();
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
            for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
                Tensor tensor = entry.getValue();
                String storage = Integer.toString(namesAndValues.size() / 2);
                namesAndValues.add(entry.getKey());
                namesAndValues.add(Pickles.tensor(
                        storage,
                        STORAGES.get(tensor.dtype()),
                        tensor.elements(),
                        0,
                        Pickles.numbers(tensor.shape()),
                        Pickles.numbers(strides(tensor.shape()))));
                add(zip, "archive/data/" + storage, tensor.data().toArray(ValueLayout.JAVA_BYTE));
            }
            add(zip, "archive/data.pkl", Pickles.bytes(Pickles.state(namesAndValues.toArray(String[]::new))));
        }
    }

    /** Adds an entry that is not compressed, as torch.save adds them. */
    public static void add(ZipOutputStream zip, String name, byte[] bytes) throws IOException {
        CRC32 crc = new CRC32();
        crc.update(bytes);
        ZipEntry entry = new ZipEntry(name);
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(bytes.length);
        entry.setCrc(crc.getValue());
        zip.putNextEntry(entry);
        zip.write(bytes);
        zip.closeEntry();
    }

    /** The strides of a tensor whose last axis is the innermost, in elements. */
    private static long[] strides(long[] shape) {
        long[] strides = new long[shape.length];
        long stride = 1;
        for (int axis = shape.length - 1; axis >= 0; axis--) {
            strides[axis] = stride;
            stride *= shape[axis];
        }
        return strides;
    }
}
