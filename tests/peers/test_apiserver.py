"""Discovery and tokens against a real kube-apiserver, with the sandbox as the cloud that takes the tokens."""

import json
import os
import pathlib
import shutil
import tempfile
import unittest
import urllib.request

import yaml

import absent
import apiserver
import server
import wip

ID = "706c49fa-5bb8-4a7e-9f41-2fc38ef4b065"
HOST = f"mxp-{ID}-system"

SPACE = {
    "apiVersion": "wip/v1alpha1",
    "kind": "Space",
    "metadata": {"name": "real"},
    "spec": {
        "clusters": [
            {
                "name": "real",
                "selfHosted": {"issuer": apiserver.ISSUER, "account": "111122223333", "region": "eu-west-1"},
            }
        ],
        "discovery": {"context": "real"},
        "identities": {
            "backup": {
                "method": "irsa",
                "access": [{"s3": {"bucket": "acme-backups", "region": "eu-west-1"}}],
            }
        },
    },
}


class Real(unittest.TestCase):
    def setUp(self) -> None:
        self.cluster = apiserver.ApiServer()
        self.addCleanup(self.cluster.stop)
        self.cloud = server.Sandbox()
        self.addCleanup(self.cloud.stop)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="wip-real-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        (self.folder / "space.yaml").write_text(yaml.safe_dump(SPACE))
        self.control("seed", {"buckets": [{"account": "111122223333", "region": "eu-west-1", "name": "acme-backups"}]})
        self.control("issuers", {"issuer": apiserver.ISSUER, **json.loads(self.kubectl("get", "--raw", "/openid/v1/jwks"))})

    def control(self, what: str, body: dict) -> None:
        with urllib.request.urlopen(f"{self.cloud.endpoint}/_sandbox/{what}", data=json.dumps(body).encode()) as said:
            self.assertLess(said.status, 300)

    def kubectl(self, *arguments: str, **more) -> str:
        return self.cluster.kubectl(*arguments, **more)

    def wip(self, *arguments: str, status: int = 0) -> dict:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "KUBECONFIG": str(self.cluster.kubeconfig),
            "AWS_ENDPOINT_URL": self.cloud.endpoint,
            "AWS_ACCESS_KEY_ID": "111122223333",
            "AWS_SECRET_ACCESS_KEY": "sandbox",
            "AWS_REGION": "eu-west-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        return json.loads(wip.run(self.folder, environment, *arguments, "--json", status=status))

    def test_from_the_first_control_plane_to_a_token(self) -> None:
        self.assertEqual(self.wip("plan", status=1)["code"], "WIP0284")
        crds = pathlib.Path(__file__).resolve().parent / "crds.yaml"
        self.kubectl("create", "-f", str(crds))
        self.kubectl("wait", "--for=condition=Established", "crd/controlplanes.spaces.upbound.io", "--timeout=30s")
        plane = {
            "apiVersion": "spaces.upbound.io/v1beta1",
            "kind": "ControlPlane",
            "metadata": {"name": "ctp1", "namespace": "default"},
            "spec": {},
        }
        self.kubectl("create", "-f", "-", given=json.dumps(plane))
        [pending] = self.wip("discover")["controlPlanes"]
        self.assertEqual((pending["name"], pending["file"]), ("ctp1", "pending"))
        status = {"status": {"controlPlaneID": ID}}
        self.kubectl(
            "patch", "controlplanes.spaces.upbound.io", "ctp1", "-n", "default",
            "--subresource=status", "--type=merge", "-p", json.dumps(status),
        )  # fmt: skip
        self.kubectl("create", "namespace", HOST)
        self.kubectl("label", "namespace", HOST, "internal.spaces.upbound.io/controlplane-name=ctp1")
        [found] = self.wip("discover")["controlPlanes"]
        self.assertEqual((found["hostNamespace"], found["file"]), (HOST, "new"))
        self.wip("apply", "--auto-approve")
        self.kubectl("create", "serviceaccount", "mxp-controller", "-n", HOST)
        findings = self.wip("verify", status=2)["clusters"][0]["findings"]
        self.assertEqual([it["code"] for it in findings], ["WIP0372"])
        came = self.wip("verify", "--token", f"{HOST}/mxp-controller")
        self.assertEqual((came["outcome"], came["issuer"]), ("accepted", apiserver.ISSUER))
        self.kubectl("delete", "controlplanes.spaces.upbound.io", "ctp1", "-n", "default")
        self.assertEqual(self.wip("plan", status=1)["code"], "WIP0287")


def load_tests(loader: unittest.TestLoader, tests: unittest.TestSuite, _pattern: str) -> unittest.TestSuite:
    if apiserver.is_there():
        return tests
    absent.not_run(tests.countTestCases(), "KUBEBUILDER_ASSETS names no folder with kube-apiserver and etcd")
    return unittest.TestSuite()
