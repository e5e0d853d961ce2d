package detangle.conformance;

import detangle.ir.Tensor;
import detangle.runtime.Session;
import detangle.runtime.SessionOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.zip.CRC32;

/**
 * A process of {@link EqualBitsTest}: runs random models several times each, and prints a line with the checksum of the
 * outputs' bits for each model.
 */
final class EqualBits {
    private static final int SEQUENCES = 4;

    private EqualBits() {}

    /** @param arguments a folder, the seed of the first model, the number of models, and that of runs of each */
    public static void main(String[] arguments) throws IOException {
        Path folder = Path.of(arguments[0]);
        long first = Long.parseLong(arguments[1]);
        for (long seed = first; seed < first + Long.parseLong(arguments[2]); seed++) {
            System.out.println(seed + " " + checksum(folder, seed, Integer.parseInt(arguments[3])));
        }
    }

    private static long checksum(Path folder, long seed, int runs) throws IOException {
        RandomDeberta model = RandomDeberta.write(seed, folder);
        List<long[]> sequences = model.sequences(new Random(-seed), SEQUENCES);
        // The first runs come from loops over floats; vectors take over once they are compiled.
        SessionOptions options = SessionOptions.DEFAULT
                .withHead(model.head())
                .withBackend("vector")
                .withWarmUp(false);
        try (Session session = Session.load(folder, options)) {
            long checksum = checksum(session.run(model.inputs(sequences, 0)));
            for (int run = 1; run < runs; run++) {
                long again = checksum(session.run(model.inputs(sequences, 0)));
                if (again != checksum) {
                    throw new AssertionError("model " + seed + " has other bits in run " + run);
                }
            }
            return checksum;
        } finally {
            Files.delete(folder.resolve("config.json"));
            Files.delete(folder.resolve("model.safetensors"));
        }
    }

    private static long checksum(Map<String, Tensor> outputs) {
        CRC32 checksum = new CRC32();
        new TreeMap<>(outputs).values().forEach(output -> {
            for (float element : output.toFloats()) {
                int bits = Float.floatToRawIntBits(element);
                for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
                    checksum.update(bits >>> shift);
                }
            }
        });
        return checksum.getValue();
    }
}
