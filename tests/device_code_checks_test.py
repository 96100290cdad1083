"""usage: device_code_checks_test.py REPOSITORY: what must not be in device code is found, and what may be is let be."""

import os
import subprocess
import sys
import tempfile
import unittest

ROOT = sys.argv.pop(1)

ALLOWED = """
    ld.param.u64 %rd1, [probe_other_param_0];
    ld.global.nc.v2.f64 {%fd1, %fd2}, [%rd1];
    add.rn.f64 %fd3, %fd1, %fd2;
    @%p1 mul.rn.f64 %fd3, %fd3, %fd1;
    fma.rn.f64 %fd4, %fd3, %fd2, 0d3FF0000000000000; // mad.f64 add.f64
    div.rn.f64 %fd5, %fd4, %fd3;
    rcp.rn.f64 %fd5, %fd5;
    sqrt.rn.f64 %fd5, %fd5;
    cvt.rn.f32.f64 %f1, %fd5;
    cvt.f64.f32 %fd6, %f1;
    cvt.rn.f64.s64 %fd6, %rd4;
    cvt.rzi.s64.f64 %rd5, %fd6;
    setp.gt.f64 %p2, %fd6, %fd5;
    selp.f64 %fd7, %fd6, %fd5, %p2;
    abs.f64 %fd7, %fd7;
    neg.f64 %fd7, %fd7;
    mad.lo.s32 %r4, %r1, %r2, %r3;
    mad.wide.u32 %rd6, %r1, 8, %rd1;
    add.s64 %rd6, %rd6, %rd5;
    min.s32 %r5, %r4, %r3;
    shfl.sync.bfly.b32 %r6|%p3, %r5, 4, 31, -1;
    cp.async.cg.shared.global [%r1], [%rd1], 16;
    atom.global.add.u64 %rd7, [%rd1], %rd5;
    st.global.f64 [%rd1], %fd7;
"""

FORBIDDEN = (
    "add.f64 %fd1, %fd2, %fd3;",
    "@!%p1 sub.f32 %f1, %f2, %f3;",
    "{ mul.f64 %fd1, %fd2, %fd3; }",
    "add.rz.f64 %fd1, %fd2, %fd3;",
    "fma.rm.f64 %fd1, %fd2, %fd3, %fd4;",
    "mad.rn.f64 %fd1, %fd2, %fd3, %fd4;",
    "mad.f32 %f1, %f2, %f3, %f4;",
    "add.rn.ftz.f32 %f1, %f2, %f3;",
    "add.rn.sat.f32 %f1, %f2, %f3;",
    "mul.rp.f32x2 %rd1, %rd2, %rd3;",
    "div.approx.f32 %f1, %f2, %f3;",
    "div.full.f32 %f1, %f2, %f3;",
    "rcp.approx.ftz.f64 %fd1, %fd2;",
    "rsqrt.approx.f64 %fd1, %fd2;",
    "ex2.approx.f32 %f1, %f2;",
    "tanh.approx.f32 %f1, %f2;",
    "cvt.ftz.f64.f32 %fd1, %f2;",
    "cvt.rz.f32.f64 %f1, %fd2;",
    "cvt.rp.f64.s64 %fd1, %rd2;",
    "cvt.rna.tf32.f32 %r1, %f2;",
    "setp.gt.ftz.f32 %p1, %f1, %f2;",
    "min.f64 %fd1, %fd2, %fd3;",
    "max.NaN.f32 %f1, %f2, %f3;",
    "red.global.add.f64 [%rd1], %fd1;",
    "atom.global.add.f32 %f1, [%rd1], %f2;",
    "mma.sync.aligned.m8n8k4.row.col.f64.f64.f64.f64 {%fd1, %fd2}, {%fd3}, {%fd4}, {%fd5, %fd6};",
    "call.uni (retval0), __nv_exp, (param0);",
    "call.uni __internal_lgamma_pos, (param0);",
    ".extern .func (.param .b64 out) elsewhere (.param .b64 in);",
)

RESOURCES = """ptxas info    : 0 bytes gmem
ptxas info    : Compiling entry function '{name}' for 'sm_90'
ptxas info    : Function properties for {name}
    {stack} bytes stack frame, {stores} bytes spill stores, {loads} bytes spill loads
ptxas info    : Used 40 registers, used 1 barriers, 4096 bytes smem, 408 bytes cmem[0]
ptxas info    : Compile time = 4.498 ms
"""


def run(script, text, *options):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "sample")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        command = [sys.executable, os.path.join(ROOT, "scripts", script), *options, path]
        return subprocess.run(command, capture_output=True, text=True, check=False)


def ptx(body, kernel="probe_other"):
    return f".visible .entry {kernel}(\n    .param .u64 {kernel}_param_0\n)\n{{\n    .reg .f64 %fd<9>;\n    {body}\n    ret;\n}}\n"


class Ptx(unittest.TestCase):
    def test_what_rounds_to_nearest_is_let_be(self):
        result = run("check_ptx.py", ptx(ALLOWED))
        self.assertEqual(result.returncode, 0, result.stdout)

    def test_everything_else_is_refused(self):
        for line in FORBIDDEN:
            with self.subTest(line):
                result = run("check_ptx.py", ptx(ALLOWED + line))
                self.assertEqual(result.returncode, 1, "not found")
                self.assertIn(line, result.stdout)
                self.assertEqual(len(result.stdout.splitlines()), 1, result.stdout)

    def test_a_probe_with_another_number_of_fma_is_refused(self):
        fma = "fma.rn.f64 %fd1, %fd2, %fd3, %fd4;\n"
        self.assertEqual(run("check_ptx.py", ptx(fma * 17, "probe_exp64")).returncode, 0)
        for count in (16, 18):
            result = run("check_ptx.py", ptx(fma * count, "probe_exp64"))
            self.assertEqual(result.returncode, 1)
            self.assertIn(f"probe_exp64 has {count} fma.rn, its source has 17", result.stdout)

    def test_a_file_without_kernels_is_refused(self):
        self.assertEqual(run("check_ptx.py", ".version 9.0\n").returncode, 1)


class Resources(unittest.TestCase):
    fused = "_ZN9evenscore7kernels12_GLOBAL__N_111score_fusedIdLi3EEEvNS0_11ScoreLaunchE"

    def check(self, name, stack=0, stores=0, loads=0):
        text = RESOURCES.format(name=name, stack=stack, stores=stores, loads=loads)
        return run("check_kernel_resources.py", text)

    def test_registers_alone(self):
        result = self.check(self.fused)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("score_fused<double, 3>", result.stdout)
        self.assertRegex(result.stdout, r"sm_90 .* 40 +4096 +0 +0 +0")

    def test_a_stack_frame_or_a_spill_in_a_fused_kernel_fails(self):
        for what in ({"stack": 64}, {"stores": 8}, {"loads": 8}):
            with self.subTest(what):
                result = self.check(self.fused, **what)
                self.assertEqual(result.returncode, 1)
                self.assertIn("score_fused", result.stderr)
                self.assertEqual(self.check("probe_score", **what).returncode, 0, "not a fused kernel")

    def test_a_function_beside_the_kernel_does_not_hide_its_frame(self):
        text = RESOURCES.format(name=self.fused, stack=64, stores=0, loads=0).replace(
            "ptxas info    : Used", "ptxas info    : Function properties for __beside\n"
            "    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads\nptxas info    : Used")
        self.assertEqual(run("check_kernel_resources.py", text).returncode, 1)

    def test_what_is_no_output_of_ptxas_fails(self):
        for text in ("", "nothing\n", RESOURCES.format(name="score_a", stack=0, stores=0, loads=0)[:100],
                     "ptxas fatal   : Unresolved extern function 'exp'\n"):
            with self.subTest(text):
                self.assertEqual(run("check_kernel_resources.py", text).returncode, 1)


unittest.main()
