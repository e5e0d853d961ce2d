package detangle.hostile;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What may stand in the place of a small file without being one: pipes, devices, folders, links that lead nowhere, files of any size. */
final class SpecialFiles {
    private SpecialFiles() {}

    /**
     * Each kind in the place of a file.
     *
     * @param good the other files
     * @param name of the file
     */
    static List<Hostile> inPlaceOf(FolderWriter good, String name) {
        Map<String, FolderWriter> kinds = Map.of(
                "a pipe",
                SpecialFiles::pipe,
                "a link to /dev/zero",
                file -> Files.createSymbolicLink(file, Path.of("/dev/zero")),
                "a link to /dev/random",
                file -> Files.createSymbolicLink(file, Path.of("/dev/random")),
                "a folder",
                Files::createDirectory,
                "a link to itself",
                file -> Files.createSymbolicLink(file, file),
                "a link to nothing",
                file -> Files.createSymbolicLink(file, Path.of("absent")),
                "a sparse gigabyte",
                file -> sparse(file, 1L << 30),
                "a sparse terabyte",
                file -> sparse(file, 1L << 40),
                "an empty file",
                Files::createFile);
        List<Hostile> all = new ArrayList<>();
        kinds.forEach(
                (kind, writer) -> all.add(new Hostile(name + " is " + kind, inPlaceOf(good, name, writer), name)));
        return all;
    }

    /** @param writer is given the path of the file */
    static FolderWriter inPlaceOf(FolderWriter good, String name, FolderWriter writer) {
        return good.and(folder -> {
            Path file = folder.resolve(name);
            Files.createDirectories(file.getParent());
            Files.deleteIfExists(file);
            writer.write(file);
        });
    }

    /** A system without pipes gets a folder, which is not read either. */
    private static void pipe(Path file) throws IOException {
        try {
            if (new ProcessBuilder("mkfifo", file.toString()).start().waitFor() == 0) {
                return;
            }
        } catch (InterruptedException e) {
            throw new IOException(e);
        } catch (IOException e) {
            // There is no such command.
        }
        Files.createDirectory(file);
    }

    private static void sparse(Path file, long size) throws IOException {
        try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
            out.setLength(size);
        }
    }
}
