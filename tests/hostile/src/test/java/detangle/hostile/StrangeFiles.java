package detangle.hostile;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * What may stand in a folder in the place of any file: pipes, devices, links, folders, holes, and answers of servers.
 */
final class StrangeFiles {
    private StrangeFiles() {}

    /**
     * The folder of {@code others}, in which something else stands in the place of one file. Each must be refused by
     * that file's name.
     */
    static List<Hostile> inThePlaceOf(String file, FolderWriter others) {
        return List.of(
                strange(file, "a pipe", others, StrangeFiles::pipe),
                strange(file, "a folder", others, Files::createDirectory),
                strange(file, "a link to /dev/zero", others, path -> link(path, Path.of("/dev/zero"))),
                strange(file, "a link to /dev/random", others, path -> link(path, Path.of("/dev/random"))),
                strange(file, "a link to /dev/stdin", others, path -> link(path, Path.of("/dev/stdin"))),
                strange(file, "a link to nothing", others, path -> link(path, Path.of("nothing"))),
                strange(file, "a link to itself", others, path -> link(path, path.getFileName())),
                strange(file, "a file of /proc", others, path -> link(path, Path.of("/proc/self/maps"))),
                strange(file, "a hole of 1 GB", others, path -> hole(path, 1L << 30)),
                strange(file, "a hole of 5 GB", others, path -> hole(path, 5L << 30)),
                strange(file, "a hole of a terabyte", others, path -> hole(path, 1L << 40)),
                strange(file, "a megabyte of zeros", others, path -> hole(path, 1 << 20)),
                strange(file, "nothing", others, Files::createFile),
                strange(
                        file,
                        "a web page",
                        others,
                        path -> Files.writeString(path, "<!DOCTYPE html>\n<html>404</html>\n")),
                strange(file, "a pointer of Git LFS", others, StrangeFiles::pointer));
    }

    @FunctionalInterface
    private interface Making {
        void make(Path path) throws IOException;
    }

    private static Hostile strange(String file, String what, FolderWriter others, Making making) {
        return new Hostile(
                file + ": " + what,
                others.and(folder -> {
                    Path path = folder.resolve(file);
                    Files.deleteIfExists(path);
                    Files.createDirectories(path.getParent());
                    making.make(path);
                }),
                path(file));
    }

    /** The last part of the name, which every message has. */
    private static String path(String file) {
        return Path.of(file).getFileName().toString();
    }

    private static void link(Path path, Path target) throws IOException {
        Files.createSymbolicLink(path, target);
    }

    /** A pipe, which nobody writes to. */
    static FolderWriter pipe(String name) {
        return folder -> pipe(folder.resolve(name));
    }

    private static void pipe(Path path) throws IOException {
        try {
            int status = new ProcessBuilder("mkfifo", path.toString()).start().waitFor();
            if (status != 0) {
                throw new IOException("mkfifo has failed with " + status);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /** A file of zeros that takes no room on the disk. */
    private static void hole(Path path, long size) throws IOException {
        try (FileChannel file = FileChannel.open(
                path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, StandardOpenOption.SPARSE)) {
            file.write(ByteBuffer.allocate(1), size - 1);
        }
    }

    private static void pointer(Path path) throws IOException {
        Files.writeString(
                path, "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0".repeat(64) + "\nsize 2464616\n");
    }
}
