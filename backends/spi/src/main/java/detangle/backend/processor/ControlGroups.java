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
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads how much processor time Linux lets this process have: {@code cpu.max} of version 2 of its control groups, {@code
 * cpu.cfs_quota_us} and {@code cpu.cfs_period_us} of version 1, or both where a system mounts both. A group shares the
 * quota of each group that it lies in, so that the smallest of them counts. What a container does not show of the groups
 * around it cannot be read.
 *
 * <p>These files are the kernel's, and a user can mend none of them. So one that is not as the kernel writes it has no
 * quota to tell and becomes a line in {@link Quota#faults} instead of a failure.
 */
final class ControlGroups {
    /** A line of mountinfo: root and place of the mount, its type, and the options of the whole file system. */
    private static final Pattern MOUNT =
            Pattern.compile("\\S+ \\S+ \\S+ (/\\S*) (/\\S*) \\S+ (?:\\S+ )*?- (\\S+) \\S+ (\\S+)");

    /** What mountinfo writes for a space, a tab, the end of a line and a backslash. */
    private static final Pattern OCTAL = Pattern.compile("\\\\(040|011|012|134)");

    private static final Pattern MAX = Pattern.compile("(max|[0-9]{1,15}) ([0-9]{1,15})");
    private static final Pattern NUMBER = Pattern.compile("-1|[0-9]{1,15}");

    private final Path root;
    private final List<String> faults = new ArrayList<>();
    private OptionalDouble smallest = OptionalDouble.empty();

    private ControlGroups(Path root) {
        this.root = root;
    }

    /**
     * What was found.
     *
     * @param processors the processors whose time a period brings, such as 1.5; empty where nothing limits it
     * @param faults what is wrong with files that should tell a quota, a line for each
     */
    record Quota(OptionalDouble processors, List<String> faults) {
        Quota {
            faults = List.copyOf(faults);
        }
    }

    /** A place where groups are mounted, and which of them it shows. */
    private record Mount(String shown, String place, String type, List<String> options) {
        static Optional<Mount> of(String line) {
            Matcher fields = MOUNT.matcher(line);
            return fields.matches()
                    ? Optional.of(new Mount(
                            decoded(fields.group(1)),
                            decoded(fields.group(2)),
                            fields.group(3),
                            List.of(fields.group(4).split(","))))
                    : Optional.empty();
        }

        private static String decoded(String name) {
            return OCTAL.matcher(name)
                    .replaceAll(m -> Matcher.quoteReplacement(String.valueOf((char) Integer.parseInt(m.group(1), 8))));
        }

        /** Where a group is below this mount; the mount itself, if that shows another part of the tree. */
        String below(String group) {
            String start = shown.equals("/") ? "" : shown;
            return group.equals(start) || group.startsWith(start + "/") && !group.startsWith("/..")
                    ? group.substring(start.length())
                    : "";
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

    private void read() {
        List<Mount> mounts = lines("proc/self/mountinfo").stream()
                .map(Mount::of)
                .flatMap(Optional::stream)
                .toList();
        for (String line : lines("proc/self/cgroup")) {
            String[] fields = line.split(":", 3);
            if (fields.length < 3) {
                continue;
            }
            if (fields[1].isEmpty()) {
                walk(mounts, mount -> mount.type.equals("cgroup2"), fields[2], this::readMax);
            } else if (List.of(fields[1].split(",")).contains("cpu")) {
                walk(
                        mounts,
                        mount -> mount.type.equals("cgroup") && mount.options.contains("cpu"),
                        fields[2],
                        this::readQuotaAndPeriod);
            }
        }
    }

    @FunctionalInterface
    private interface Level {
        void read(Path folder);
    }

    /** From the mount down to the group. */
    private void walk(List<Mount> mounts, Predicate<Mount> wanted, String group, Level level) {
        mounts.stream().filter(wanted).findFirst().ifPresent(mount -> {
            Path folder = root.resolve(mount.place.substring(1));
            level.read(folder);
            for (String name : mount.below(group).split("/")) {
                if (!name.isEmpty()) {
                    folder = folder.resolve(name);
                    level.read(folder);
                }
            }
        });
    }

    private void readMax(Path folder) {
        Path file = folder.resolve("cpu.max");
        text(file).ifPresent(text -> {
            Matcher max = MAX.matcher(text);
            if (!max.matches()) {
                fault(file, text);
            } else if (!max.group(1).equals("max")) {
                add(file, text, Long.parseLong(max.group(1)), Long.parseLong(max.group(2)));
            }
        });
    }

    private void readQuotaAndPeriod(Path folder) {
        Path quotaFile = folder.resolve("cpu.cfs_quota_us");
        Path periodFile = folder.resolve("cpu.cfs_period_us");
        Optional<String> quota = text(quotaFile);
        Optional<String> period = text(periodFile);
        if (quota.isEmpty() || period.isEmpty()) {
            return;
        }
        if (!NUMBER.matcher(quota.get()).matches()) {
            fault(quotaFile, quota.get());
        } else if (!NUMBER.matcher(period.get()).matches()) {
            fault(periodFile, period.get());
        } else if (!quota.get().equals("-1")) {
            String both = quota.get() + " " + period.get();
            add(quotaFile, both, Long.parseLong(quota.get()), Long.parseLong(period.get()));
        }
    }

    private void add(Path file, String text, long quota, long period) {
        if (quota < 1 || period < 1) {
            fault(file, text);
            return;
        }
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

    private List<String> lines(String name) {
        return text(root.resolve(name)).map(text -> text.lines().toList()).orElse(List.of());
    }
}
