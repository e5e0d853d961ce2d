package detangle.backend.processor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Quotas are read as Linux writes them, from files that lie in a folder. */
class ProcessorsTest {
    /** In a container the mount shows the container's own group, which is called the root there. */
    private static final String CGROUP2 = "30 23 0:26 / /sys/fs/cgroup ro,nosuid - cgroup2 cgroup rw,nsdelegate";

    private static final String CPU =
            "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 master:1 - cgroup" + " cgroup rw,cpu,cpuacct";

    @TempDir
    private Path root;

    private void write(String name, String... lines) throws IOException {
        Path file = root.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, String.join("\n", lines) + "\n");
    }

    private void mounts(String... lines) throws IOException {
        write("proc/self/mountinfo", lines);
    }

    private void groups(String... lines) throws IOException {
        write("proc/self/cgroup", lines);
    }

    private Processors read() {
        return Processors.of(16, root);
    }

    private void assertQuota(double expected) {
        Processors found = read();
        assertEquals(OptionalDouble.of(expected), found.quota());
        assertEquals(List.of(), found.faults());
    }

    private void assertNoQuota() {
        assertEquals(new Processors(16, OptionalDouble.empty(), List.of()), read());
    }

    @ParameterizedTest
    @CsvSource({
        "2,,2,'2 processors, no quota'",
        "1,,1,'1 processor, no quota'",
        "2,1.5,2,quota of 1.5 processors",
        "2,1.49,1,quota of 1.49 processors",
        "2,1.2,1,quota of 1.2 processors",
        "3,2.25,2,quota of 2.25 processors",
        "3,2.5,3,quota of 2.5 processors",
        "1,1,1,quota of 1 processor",
        "1,0.5,1,quota of 0.5 processors",
        "1,0.001,1,quota of 0.001 processors",
        "1,1.5,1,1 processor; quota of 1.5 processors",
        "2,64,2,2 processors; quota of 64 processors",
        "2,1e15,2,2 processors; quota of 1000000000000000 processors"
    })
    void theNumberNearestToTheQuota(int available, Double quota, int threads, String text) {
        OptionalDouble most = quota == null ? OptionalDouble.empty() : OptionalDouble.of(quota);
        Processors processors = new Processors(available, most, List.of());

        assertEquals(threads, processors.threads());
        assertEquals(text, processors.text());
    }

    @Test
    void aSystemWithoutControlGroupsHasNoQuota() {
        assertNoQuota();
    }

    @ParameterizedTest
    @CsvSource({"150000 100000,1.5", "200000 100000,2", "5000 10000,0.5", "1000 1000000,0.001"})
    void aQuotaOfVersion2(String max, double processors) throws IOException {
        mounts("29 23 0:25 / /tmp rw - tmpfs tmpfs rw", CGROUP2);
        groups("0::/");
        write("sys/fs/cgroup/cpu.max", max);

        assertQuota(processors);
    }

    @Test
    void maxIsNoQuota() throws IOException {
        mounts(CGROUP2);
        groups("0::/");
        write("sys/fs/cgroup/cpu.max", "max 100000");

        assertNoQuota();
    }

    @Test
    void theTightestOfNestedGroupsCounts() throws IOException {
        mounts(CGROUP2);
        groups("0::/kubepods.slice/pod1.slice/container");
        write("sys/fs/cgroup/kubepods.slice/cpu.max", "400000 100000");
        write("sys/fs/cgroup/kubepods.slice/pod1.slice/cpu.max", "125000 50000");
        write("sys/fs/cgroup/kubepods.slice/pod1.slice/container/cpu.max", "max 100000");
        write("sys/fs/cgroup/kubepods.slice/pod2.slice/cpu.max", "10000 100000");

        assertQuota(2.5);
    }

    @Test
    void aQuotaOfVersion1() throws IOException {
        mounts(CPU);
        groups("3:cpuset:/", "2:cpu,cpuacct:/docker/1f", "1:name=systemd:/docker/1f");
        write("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1");
        write("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000");
        write("sys/fs/cgroup/cpu,cpuacct/docker/1f/cpu.cfs_quota_us", "150000");
        write("sys/fs/cgroup/cpu,cpuacct/docker/1f/cpu.cfs_period_us", "100000");

        assertQuota(1.5);
    }

    @Test
    void noQuotaOfVersion1() throws IOException {
        mounts(CPU);
        groups("2:cpu,cpuacct:/");
        write("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1");
        write("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000");

        assertNoQuota();
    }

    @Test
    void aMountThatShowsThePartOfTheTreeWithTheContainer() throws IOException {
        mounts(CPU.replace("0:29 / ", "0:29 /docker/1f "));
        groups("2:cpu,cpuacct:/docker/1f/worker");
        write("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "300000");
        write("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000");
        write("sys/fs/cgroup/cpu,cpuacct/worker/cpu.cfs_quota_us", "250000");
        write("sys/fs/cgroup/cpu,cpuacct/worker/cpu.cfs_period_us", "100000");

        assertQuota(2.5);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/../../elsewhere", "/docker/2e", "/docker/1fa", "/"})
    void aGroupThatTheMountDoesNotShowHasWhatTheMountTells(String group) throws IOException {
        mounts(CGROUP2.replace("0:26 / ", "0:26 /docker/1f "));
        groups("0::" + group);
        write("sys/fs/cgroup/cpu.max", "150000 100000");
        write("sys/elsewhere/cpu.max", "10000 100000");

        assertQuota(1.5);
    }

    @Test
    void bothVersionsAtOnce() throws IOException {
        mounts(CPU, CGROUP2.replace("/sys/fs/cgroup", "/sys/fs/cgroup/unified"));
        groups("2:cpu,cpuacct:/a", "0::/a");
        write("sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us", "350000");
        write("sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us", "100000");
        write("sys/fs/cgroup/unified/a/cgroup.procs", "1");

        assertQuota(3.5);
    }

    @Test
    void aPlaceWithASpace() throws IOException {
        mounts(CGROUP2.replace("/sys/fs/cgroup", "/my\\040groups"));
        groups("0::/");
        write("my groups/cpu.max", "150000 100000");

        assertQuota(1.5);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "max",
                "max x",
                "150000",
                "150000 100000 1",
                "-1 100000",
                "0 100000",
                "150000 0",
                "1e5 100000",
                "9999999999999999999 1"
            })
    void aDamagedFileIsToldAndIsNoQuota(String max) throws IOException {
        mounts(CGROUP2);
        groups("0::/a");
        write("sys/fs/cgroup/cpu.max", "350000 100000");
        write("sys/fs/cgroup/a/cpu.max", max);

        Processors found = read();

        assertEquals(OptionalDouble.of(3.5), found.quota());
        assertEquals(List.of("/sys/fs/cgroup/a/cpu.max holds '" + max + "', which is not a quota"), found.faults());
        assertTrue(found.text().endsWith("; " + found.faults().getFirst()), found.text());
    }

    @ParameterizedTest
    @CsvSource({
        "x,100000,cpu.cfs_quota_us,x",
        "150000,'',cpu.cfs_period_us,''",
        "150000,0,cpu.cfs_period_us,0",
        "-2,100000,cpu.cfs_quota_us,-2"
    })
    void aDamagedFileOfVersion1IsTold(String quota, String period, String file, String shown) throws IOException {
        mounts(CPU);
        groups("2:cpu,cpuacct:/");
        write("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", quota);
        write("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", period);

        assertEquals(
                List.of("/sys/fs/cgroup/cpu,cpuacct/" + file + " holds '" + shown + "', which is not a quota"),
                read().faults());
    }

    @Test
    void aFileThatCannotBeReadIsTold() throws IOException {
        mounts(CGROUP2);
        groups("0::/");
        Files.createDirectories(root.resolve("sys/fs/cgroup/cpu.max"));

        assertEquals(List.of("/sys/fs/cgroup/cpu.max cannot be read"), read().faults());
    }

    @Test
    void linesThatAreNotTheKernelsArePassedOver() throws IOException {
        mounts("", "x", "1 2 3", CGROUP2.replace(" - ", " "), CGROUP2);
        groups("", "x", "0:", "0::/");
        write("sys/fs/cgroup/cpu.max", "150000 100000");

        assertQuota(1.5);
    }
}
