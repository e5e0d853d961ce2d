package detangle.hostile;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * The good folders of a reader, of which an input changes one file: its first byte chooses the folder, its second byte
 * the file, and the others are the content of that file.
 */
final class FuzzInput {
    /** Larger files are left as they are: a fuzzer makes small inputs. */
    private static final long LARGEST = 1 << 18;

    private static final int CHOICES = 2;

    private final List<Path> folders = new ArrayList<>();
    private final List<List<Path>> files = new ArrayList<>();

    /** Writes the good folders below an empty one. */
    FuzzInput(Reader reader, Path place) throws IOException {
        for (Hostile good : reader.good()) {
            Path folder = Files.createDirectories(place.resolve(reader.name() + "-" + folders.size()));
            good.files().write(folder);
            folders.add(folder);
            try (Stream<Path> paths = Files.walk(folder)) {
                files.add(paths.filter(FuzzInput::isChanged).sorted().toList());
            }
        }
    }

    private static boolean isChanged(Path file) {
        return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
                && file.toFile().length() <= LARGEST;
    }

    /** One input for each file of each folder: the file as it is. */
    List<byte[]> seeds() throws IOException {
        List<byte[]> seeds = new ArrayList<>();
        for (int folder = 0; folder < folders.size(); folder++) {
            for (int file = 0; file < files.get(folder).size(); file++) {
                byte[] content = Files.readAllBytes(files.get(folder).get(file));
                byte[] seed = new byte[CHOICES + content.length];
                seed[0] = (byte) folder;
                seed[1] = (byte) file;
                System.arraycopy(content, 0, seed, CHOICES, content.length);
                seeds.add(seed);
            }
        }
        return seeds;
    }

    /** What is done with a folder. */
    @FunctionalInterface
    interface Use {
        void with(Path folder) throws IOException;
    }

    /** Has a folder used in which one file has the content of an input, and restores the file. */
    void use(byte[] input, Use use) throws IOException {
        if (input.length < CHOICES) {
            return;
        }
        int folder = Byte.toUnsignedInt(input[0]) % folders.size();
        List<Path> choices = files.get(folder);
        Path file = choices.get(Byte.toUnsignedInt(input[1]) % choices.size());
        byte[] good = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOfRange(input, CHOICES, input.length));
        try {
            use.with(folders.get(folder));
        } finally {
            Files.write(file, good);
        }
    }
}
