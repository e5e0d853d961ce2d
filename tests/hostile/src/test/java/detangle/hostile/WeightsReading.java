package detangle.hostile;

import detangle.ir.Tensor;
import detangle.models.weights.Weights;
import java.io.RandomAccessFile;
import java.nio.file.Path;

/** What readers of weights have in common. */
final class WeightsReading {
    private static final int CHUNK = 1 << 12;

    private WeightsReading() {}

    /** Reads each tensor that is small enough to be looked at. */
    static void read(Path fileOrFolder) {
        try (Weights weights = Weights.open(fileOrFolder)) {
            readAll(weights);
        }
    }

    static void readAll(Weights weights) {
        weights.metadata().size();
        float[] some = new float[CHUNK];
        for (String name : weights.names()) {
            if (weights.isReadable(name) && Tensor.elements(weights.shape(name)) < 1 << 24) {
                Tensor tensor = weights.get(name);
                for (long at = 0; at < tensor.elements(); at += CHUNK) {
                    tensor.copyTo(at, some, 0, (int) Math.min(CHUNK, tensor.elements() - at));
                }
            }
        }
    }

    /** Has the file end later, without anything on the disk. */
    static FolderWriter sparse(FolderWriter writer, String name, long bytes) {
        return folder -> {
            writer.write(folder);
            try (RandomAccessFile file =
                    new RandomAccessFile(folder.resolve(name).toFile(), "rw")) {
                file.setLength(bytes);
            }
        };
    }
}
