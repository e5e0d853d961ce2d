package detangle.hostile;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * What is in a folder and below it.
 *
 * @param files kind, time of change and, of all but folders, size, by the path inside the folder
 */
record Snapshot(SortedMap<String, String> files) {
    /** Follows no link and opens no file. */
    static Snapshot of(Path folder) throws IOException {
        SortedMap<String, String> files = new TreeMap<>();
        try (Stream<Path> paths = Files.walk(folder)) {
            for (Path path : (Iterable<Path>) paths::iterator) {
                BasicFileAttributes a =
                        Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
                String kind = a.isDirectory() ? "folder" : a.isRegularFile() ? "file" : "other";
                String size = a.isDirectory() ? "" : " of " + a.size() + " bytes";
                files.put(folder.relativize(path).toString(), kind + size + ", changed " + a.lastModifiedTime());
            }
        }
        return new Snapshot(files);
    }

    /** What has been written, removed or changed since then, by its path. */
    List<String> changedSince(Snapshot before) {
        SortedMap<String, String> all = new TreeMap<>(before.files);
        all.putAll(files);
        return all.keySet().stream()
                .filter(path -> !before.files.getOrDefault(path, "").equals(files.getOrDefault(path, "")))
                .toList();
    }
}
