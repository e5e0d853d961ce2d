package detangle.backend.processor;

import detangle.ir.OneLine;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Reads how much processor time Linux lets this process have: {@code cpu.max} of version 2 of its control groups,
 * {@code cpu.cfs_quota_us} and {@code cpu.cfs_period_us} of version 1, or both where a system mounts both. A group
 * shares the quota of each group that it lies in, so that the smallest of them counts. What a container does not show
 * of the groups around it cannot be read.
 *
 * <p>These files are the kernel's, and a user can mend none of them. So one that is not as the kernel writes it has no
 * quota to tell and becomes a line in {@link Quota#faults} instead of a failure.
 *
 * <p>Every process reads them before its first answer, so the lines are taken apart without patterns, lambdas and
 * streams, whose first use takes 10 ms.
 */
final class ControlGroups {
    /** Digits of the longest number, which is more than the kernel can mean. */
    private static final int MAX_DIGITS = 15;

    private final Path root;
    private final List<String> faults = new ArrayList<>();
    private OptionalDouble smallest = OptionalDouble.empty();

    private ControlGroups(Path root) {
        this.root = root;
    }

    /**
     * A quota, and the faults of the files that it was read from.
     *
     * @param processors the processors whose time a period brings, such as 1.5; empty where nothing limits it
     * @param faults what is wrong with files that should tell a quota, a line for each
     */
    record Quota(OptionalDouble processors, List<String> faults) {
        Quota {
            faults = List.copyOf(faults);
        }
    }

    /** A folder that groups are mounted at, and the group that this mount shows there. */
    private record Mount(String shown, String place) {
        /**
         * Reads a line of mountinfo: its fourth and fifth word are the group that is shown and the place; behind a dash
         * stand the type, the source and the options of the file system. Empty if such groups are not mounted there.
         */
        static Optional<Mount> of(String line, boolean second) {
            String[] words = line.split(" ");
            int dash = 6;
            while (dash < words.length && !words[dash].equals("-")) {
                dash++;
            }
            if (dash + 3 >= words.length || !words[3].startsWith("/") || !words[4].startsWith("/")) {
                return Optional.empty();
            }
            boolean wanted = second
                    ? words[dash + 1].equals("cgroup2")
                    : words[dash + 1].equals("cgroup") && contains(words[dash + 3], "cpu");
            return wanted ? Optional.of(new Mount(decoded(words[3]), decoded(words[4]))) : Optional.empty();
        }

        /** Returns a name in plain characters: mountinfo has octal numbers for white space and backslashes. */
        private static String decoded(String name) {
            return name.replace("\\040", " ")
                    .replace("\\011", "\t")
                    .replace("\\012", "\n")
                    .replace("\\134", "\\");
        }

        /** Returns where a group is below this mount: the mount itself, if that shows another part of the tree. */
        String below(String group) {
            String start = shown.equals("/") ? "" : shown;
            boolean inside = group.startsWith(start) && group.startsWith("/", start.length());
            return inside && !group.startsWith("/..") ? group.substring(start.length()) : "";
        }
    }

    /**
     * Reads the quota.
     *
     * @param root the folder with {@code proc} and what mountinfo names; {@code /} but in tests
     */
    static Quota quota(Path root) {
        ControlGroups groups = new ControlGroups(root);
        groups.read();
        return new Quota(groups.smallest, groups.faults);
    }

    private static boolean contains(String list, String word) {
        return List.of(list.split(",")).contains(word);
    }

    private void read() {
        String mounts = text(root.resolve("proc/self/mountinfo")).orElse("");
        for (String line : text(root.resolve("proc/self/cgroup")).orElse("").split("\n")) {
            String[] fields = line.split(":", 3); // The hierarchy's number, its controllers, the group.
            if (fields.length == 3 && (fields[1].isEmpty() || contains(fields[1], "cpu"))) {
                walk(mounts.split("\n"), fields[1].isEmpty(), fields[2]);
            }
        }
    }

    /** Reads the folders from the first mount of a version down to the group. */
    private void walk(String[] mounts, boolean second, String group) {
        for (String line : mounts) {
            Optional<Mount> mount = Mount.of(line, second);
            if (mount.isPresent()) {
                Path folder = root.resolve(mount.get().place.substring(1));
                read(folder, second);
                for (String name : mount.get().below(group).split("/")) {
                    if (!name.isEmpty()) {
                        folder = folder.resolve(name);
                        read(folder, second);
                    }
                }
                return;
            }
        }
    }

    private void read(Path folder, boolean second) {
        if (second) {
            readMax(folder.resolve("cpu.max"));
        } else {
            readQuotaAndPeriod(folder.resolve("cpu.cfs_quota_us"), folder.resolve("cpu.cfs_period_us"));
        }
    }

    private void readMax(Path file) {
        Optional<String> text = text(file);
        if (text.isEmpty()) {
            return;
        }
        String[] words = text.get().split(" ");
        long period = words.length == 2 ? number(words[1]) : 0;
        boolean limited = !words[0].equals("max");
        long quota = limited ? number(words[0]) : 1;
        if (quota == 0 || period == 0) {
            fault(file, text.get());
        } else if (limited) {
            add(quota, period);
        }
    }

    private void readQuotaAndPeriod(Path quotaFile, Path periodFile) {
        Optional<String> quotaText = text(quotaFile);
        Optional<String> periodText = text(periodFile);
        if (quotaText.isEmpty() || periodText.isEmpty() || quotaText.get().equals("-1")) {
            return;
        }
        long quota = number(quotaText.get());
        long period = number(periodText.get());
        if (quota == 0) {
            fault(quotaFile, quotaText.get());
        } else if (period == 0) {
            fault(periodFile, periodText.get());
        } else {
            add(quota, period);
        }
    }

    /** Returns the number that a quota or a period has, and 0 for any other text. */
    private static long number(String text) {
        long number = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < '0' || c > '9' || i == MAX_DIGITS) {
                return 0;
            }
            number = 10 * number + (c - '0');
        }
        return number;
    }

    private void add(long quota, long period) {
        double processors = (double) quota / period;
        smallest = OptionalDouble.of(Math.min(processors, smallest.orElse(processors)));
    }

    private void fault(Path file, String text) {
        faults.add(shown(file) + " holds '" + OneLine.of(text) + "', which is not a quota");
    }

    private String shown(Path file) {
        return "/" + root.relativize(file);
    }

    private Optional<String> text(Path file) {
        try {
            return Optional.of(new String(Files.readAllBytes(file), StandardCharsets.UTF_8).strip());
        } catch (NoSuchFileException | NotDirectoryException e) {
            return Optional.empty();
        } catch (IOException e) {
            faults.add(shown(file) + " cannot be read");
            return Optional.empty();
        }
    }
}
