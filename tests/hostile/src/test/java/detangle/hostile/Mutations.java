package detangle.hostile;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/** Mutants of good files: the same for the same seed. */
final class Mutations {
    /** One of so many mutants has a single change that keeps the structure of its file. */
    private static final int GENTLE = 3;

    /** Larger files are left as they are. */
    private static final long LARGEST = 8 << 20;

    private Mutations() {}

    /** One way to change the content of a file. */
    @FunctionalInterface
    interface Change {
        /** The new content; the old one where nothing of the kind can be changed in it. */
        byte[] changed(byte[] content, SplittableRandom random);
    }

    /** One mutant of a reader's good files. Its name says how to make it again. */
    static Hostile mutant(Reader reader, long seed, int number) {
        List<Hostile> good = reader.good();
        SplittableRandom random =
                new SplittableRandom(31 * (31 * seed + reader.name().hashCode()) + number);
        Hostile of = good.get(random.nextInt(good.size()));
        long changes = random.nextLong();
        return new Hostile(
                "mutant " + number + " of seed " + seed + " of " + of.name(),
                of.files().and(folder -> mutate(folder, new SplittableRandom(changes))),
                "");
    }

    /** Changes one file or a few of a folder. */
    private static void mutate(Path folder, SplittableRandom random) throws IOException {
        if (random.nextInt(GENTLE) == 0) {
            changeGently(folder, random);
            return;
        }
        int changes = random.nextInt(1, 4);
        for (int i = 0; i < changes; i++) {
            List<Path> files = files(folder);
            if (files.isEmpty()) {
                return;
            }
            Path file = files.get(random.nextInt(files.size()));
            if (random.nextInt(40) == 0) {
                replaceFile(file, files.get(random.nextInt(files.size())), random);
            } else if (Files.size(file) > 0) {
                byte[] content = Files.readAllBytes(file);
                Files.write(file, changed(content, random));
            }
        }
    }

    /** Changes values of one file, or anything of it where there are no values. */
    private static void changeGently(Path folder, SplittableRandom random) throws IOException {
        List<Path> files = files(folder);
        if (!files.isEmpty()) {
            Path file = files.get(random.nextInt(files.size()));
            byte[] content = Files.readAllBytes(file);
            byte[] changed = GentleChanges.changed(content, random);
            Files.write(file, Arrays.equals(changed, content) ? changed(content, random) : changed);
        }
    }

    /** The content with one change of a kind that fits it; now and then with one of bytes. */
    static byte[] changed(byte[] content, SplittableRandom random) {
        Change change = random.nextInt(4) == 0 ? Bytes::changed : changeFor(content);
        return change.changed(content, random);
    }

    private static Change changeFor(byte[] content) {
        return switch (FileKind.of(content)) {
            case JSON -> JsonChanges::changed;
            case LINES -> LineChanges::changed;
            case HEADED -> HeaderChanges::changed;
            case ZIP -> ZipChanges::changed;
            case GZIP -> GzipChanges::changed;
            case PROTO -> ProtoChanges::changed;
            case BYTES -> Bytes::changed;
        };
    }

    /** A file goes, becomes empty, becomes a folder, or holds what another file does. */
    private static void replaceFile(Path file, Path other, SplittableRandom random) throws IOException {
        byte[] others = Files.readAllBytes(other);
        Files.delete(file);
        switch (random.nextInt(4)) {
            case 0 -> Files.createDirectory(file);
            case 1 -> Files.createFile(file);
            case 2 -> Files.write(file, others);
            default -> {
                // It stays away.
            }
        }
    }

    private static List<Path> files(Path folder) throws IOException {
        List<Path> files = new ArrayList<>();
        try (Stream<Path> paths = Files.walk(folder)) {
            for (Path path : (Iterable<Path>) paths.sorted()::iterator) {
                if (Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS) && Files.size(path) <= LARGEST) {
                    files.add(path);
                }
            }
        }
        return files;
    }
}
