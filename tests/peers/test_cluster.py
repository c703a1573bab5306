"""What wip says of a cluster, by the real kubectl and the real helm."""

import json
import pathlib
import shlex
import shutil
import unittest
import urllib.request

import boto3
import botocore.config
import botocore.exceptions
import yaml

import programs
import wip
from cluster import Run
from space import ROOT, SERVICE_ACCOUNTS

EXAMPLES = [
    "aks",
    "aks-application",
    "cross-account-backup",
    "eks-irsa",
    "eks-irsa-wildcard",
    "eks-pod-identity",
    "eks-pod-identity-isolated",
    "gke-impersonation",
    "gke-principal",
]
"""Those with control planes."""

ANNOTATIONS = {
    "irsa": ("eks.amazonaws.com/role-arn", "roleArn"),
    "entraWorkloadIdentity": ("azure.workload.identity/client-id", "clientId"),
    "gkeServiceAccount": ("iam.gke.io/gcp-service-account", "serviceAccount"),
}
"""By method: what its service accounts are annotated with (Upbound docs, workload identity)."""


def rendered(*arguments: str) -> dict[tuple[str, str], dict]:
    """What helm makes of the chart, by kind and name."""
    text = programs.run("helm", "template", "spaces", str(programs.CHART), *arguments)
    objects = [found for found in yaml.safe_load_all(text) if found]
    return {(found["kind"], found["metadata"]["name"]): found for found in objects}


class Values(unittest.TestCase):
    def test_helm_takes_the_values_of_each_example(self) -> None:
        for example in EXAMPLES:
            with self.subTest(example):
                run = Run(example)
                self.addCleanup(run.close)
                values = run.folder / "values.yaml"
                run.wip("helm-values", "--out", str(values))
                of_file = rendered("-f", str(values))
                self.check(run, of_file)
                arguments = shlex.split(run.wip("helm-values", "--set"))
                self.assertEqual(rendered(*arguments), of_file)

    def check(self, run: Run, objects: dict) -> None:
        outputs = json.loads(run.wip("output", "--json"))["identities"]
        identities = run.space["spec"]["identities"]
        for name, account in SERVICE_ACCOUNTS.items():
            identity = identities.get(name, {})
            expected = {}
            if identity.get("method") in ANNOTATIONS:
                key, output = ANNOTATIONS[identity["method"]]
                expected = {key: outputs[name][output]}
            annotations = objects["ServiceAccount", account]["metadata"].get("annotations", {})
            self.assertEqual(annotations, expected, name)
            labels = objects["Deployment", account]["spec"]["template"]["metadata"]["labels"]
            uses = labels.get("azure.workload.identity/use")
            self.assertEqual(uses, "true" if identity.get("method") == "entraWorkloadIdentity" else None)
        billing = objects["ConfigMap", "billing"]["data"]
        self.assertEqual(billing["enabled"], "true" if "billing" in identities else "false")
        self.assertEqual(billing["secret"], "" if "billing" in identities else "billing-storage")

    def test_helm_refuses_what_guides_say(self) -> None:
        """So the chart of this test does see what is misplaced and of another type."""
        for argument in [
            "controlPlanes.mxpController.serviceAccount.customAnnotations.a=b",
            "controlPlanes.vector.serviceAccount.annotations.a=b",
            "controlPlanes.vector.billing.storage.secretRef.name=",
            "backup.enabled=true",
            "sharedSecrets.enabled=true",
            "controlPlanes.vector.pod.customLabels.azure\\.workload\\.identity/use=true",
        ]:
            with self.subTest(argument):
                text = programs.run("helm", "template", "spaces", str(programs.CHART), "--set", argument, status=1)
                self.assertIn("values don't meet the specifications of the schema", text)


class Kubectl(unittest.TestCase):
    def setUp(self) -> None:
        self.maxDiff = None

    def on(self, example: str) -> Run:
        run = Run(example)
        self.addCleanup(run.close)
        return run

    def test_it_sees_the_control_planes_that_wip_sees(self) -> None:
        run = self.on("eks-irsa")
        seen = json.loads(run.kubectl("get", "controlplanes.spaces.upbound.io", "-A", "-o", "json"))["items"]
        by_name = {(it["metadata"]["namespace"], it["metadata"]["name"]): it for it in seen}
        found = json.loads(run.wip("discover", "--context", run.cluster, "--json"))["controlPlanes"]
        self.assertEqual({(it["group"], it["name"]) for it in found}, set(by_name))
        for plane in found:
            live = by_name[plane["group"], plane["name"]]
            named = live["spec"].get("hostNamespace", {}).get("name")
            host = named or f"mxp-{live['status']['controlPlaneID']}-system"
            self.assertEqual(plane["hostNamespace"], host)
            run.kubectl("get", "namespace", host)

    def test_it_takes_the_manifests_of_each_example(self) -> None:
        for example in EXAMPLES:
            with self.subTest(example):
                run = self.on(example)
                text = run.wip("manifests")
                strict = ["--validate=strict", "-f", "-"]
                run.kubectl("create", "--dry-run=server", *strict, given=text)
                run.kubectl("create", *strict, given=text)
                for wanted in yaml.safe_load_all(text):
                    name = wanted["metadata"]["name"]
                    group = wanted["metadata"].get("namespace", "default")
                    live = json.loads(run.kubectl("get", wanted["kind"], name, "-n", group, "-o", "json"))
                    self.assertEqual(live["spec"], wanted["spec"])
                # The same list as one document.
                items = json.loads(run.wip("manifests", "--json"))["items"]
                self.assertEqual(items, list(yaml.safe_load_all(text)))

    def test_it_refuses_what_the_schemas_do_not_know(self) -> None:
        run = self.on("eks-irsa")
        text = run.wip("manifests").replace("credentials:", "credential:")
        said = run.kubectl("create", "--dry-run=server", "--validate=strict", "-f", "-", given=text, status=1)
        self.assertIn("unknown field", said)

    def test_the_commands_of_restart_do_what_they_say(self) -> None:
        run = self.on("eks-irsa")
        values = run.folder / "values.yaml"
        run.wip("helm-values", "--out", str(values))
        run.upgrade(values)
        context = ["--context", run.cluster]
        listed = json.loads(run.wip("restart", *context, "--json"))["restarts"]
        self.assertEqual(len(listed), 6)
        for entry in listed:
            words = shlex.split(entry["command"])
            self.assertEqual(words[0], "kubectl")
            run.kubectl(*words[1:])
            run.kubectl("rollout", "status", entry["workload"], "-n", entry["namespace"], "--timeout=60s", "--watch=false")
        self.assertEqual(json.loads(run.wip("restart", *context, "--json"))["restarts"], [])
        run.wip("verify", *context)

    def test_its_token_is_the_one_that_the_cloud_takes(self) -> None:
        run = self.on("eks-irsa")
        host = "mxp-706c49fa-5bb8-4a7e-9f41-2fc38ef4b065-system"
        wish = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {"audiences": ["sts.amazonaws.com"], "expirationSeconds": 600},
        }
        path = f"/api/v1/namespaces/{host}/serviceaccounts/mxp-controller/token"
        made = json.loads(run.kubectl("create", "--raw", path, "-f", "-", given=json.dumps(wish)))
        token = made["status"]["token"]
        self.assertEqual(token.count("."), 2)
        self.opens(run, token)
        came = json.loads(
            run.wip("verify", "--context", run.cluster, "--token", f"{host}/mxp-controller", "--json")
        )
        self.assertEqual(came["outcome"], "accepted")
        self.assertIn("assumed-role/prod-eu-backup", came["actsAs"])
        self.assertNotIn(token.split(".")[2].strip(), json.dumps(came))

    def opens(self, run: Run, token: str) -> None:
        """By boto3: the token becomes a session, which reaches its own place in the bucket and no other."""
        endpoint = {"endpoint_url": run.variables["AWS_ENDPOINT_URL"], "region_name": "eu-west-1"}
        anonymous = boto3.client("sts", **endpoint, config=botocore.config.Config(signature_version=botocore.UNSIGNED))
        role = json.loads(run.wip("output", "--json"))["identities"]["backup"]["roleArn"]
        given = anonymous.assume_role_with_web_identity(
            RoleArn=role, RoleSessionName="pod", WebIdentityToken=token
        )["Credentials"]
        session = boto3.client(
            "s3",
            **endpoint,
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given["SessionToken"],
            config=botocore.config.Config(s3={"addressing_style": "path"}),
        )
        [access] = run.space["spec"]["identities"]["backup"]["access"]
        place = access["s3"]
        key = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": place["kmsKey"]}
        session.put_object(Bucket=place["bucket"], Key=place["prefix"] + "default/ctp1", Body=b"backup", **key)
        read = session.get_object(Bucket=place["bucket"], Key=place["prefix"] + "default/ctp1")
        self.assertEqual(read["Body"].read(), b"backup")
        with self.assertRaises(botocore.exceptions.ClientError) as refused:
            session.put_object(Bucket=place["bucket"], Key="elsewhere", Body=b"backup", **key)
        self.assertEqual(refused.exception.response["Error"]["Code"], "AccessDenied")

    def test_without_rights_it_is_refused_in_the_words_that_wip_passes_on(self) -> None:
        run = self.on("eks-irsa")
        endpoint = (run.folder / ".wip/sandbox/endpoint").read_text().strip()
        rules = {"cluster": run.cluster, "allow": [{"verbs": ["get"], "urls": ["/.well-known/openid-configuration"]}]}
        body = json.dumps(rules).encode()
        with urllib.request.urlopen(f"{endpoint}/_sandbox/kube/rights", data=body) as said:
            self.assertEqual(said.status, 204)
        said = run.kubectl("get", "controlplanes.spaces.upbound.io", "-A", status=1)
        [words] = [line for line in said.splitlines() if "is forbidden" in line]
        failure = json.loads(run.wip("discover", "--context", run.cluster, "--json", status=1))
        self.assertEqual(failure["code"], "WIP0286")
        self.assertIn(words.partition("): ")[2], failure["causes"][0])

    def test_a_context_of_the_kubeconfig_leads_to_the_cluster(self) -> None:
        """As without the sandbox: a kubeconfig for the cluster, and the sandbox as an AWS of its own."""
        run = self.on("eks-irsa")
        environment = run.environment | self.variables_of(run)

        def json_of(*arguments: str, status: int = 0) -> dict:
            state = ["--state", ".wip/sandbox/state", "--json"]
            return json.loads(wip.run(run.folder, environment, *arguments, *state, status=status))

        # A state of the sandbox is none of real clouds.
        self.assertEqual(json_of("discover", "--context", run.cluster, status=1)["code"], "WIP0202")
        shutil.rmtree(run.folder / ".wip/sandbox/state")
        seen = json_of("discover", "--context", run.cluster)["controlPlanes"]
        self.assertEqual({it["file"] for it in seen}, {"same"})
        # The current context, and one that is not there.
        self.assertEqual(json_of("discover")["controlPlanes"], seen)
        refused = json_of("discover", "--context", "elsewhere", status=1)
        self.assertEqual(refused["code"], "WIP0280")
        self.assertIn(run.cluster, refused["hint"])
        # A token does not travel in the clear.
        path = pathlib.Path(environment["KUBECONFIG"])
        config = json.loads(path.read_text())
        config["clusters"][0]["cluster"]["server"] = "http://192.0.2.1/"
        path.write_text(json.dumps(config))
        refused = json_of("discover", status=1)
        self.assertEqual(refused["code"], "WIP0280")
        self.assertIn("plain http", refused["causes"][0])
        path.unlink()
        refused = json_of("discover", status=1)
        self.assertEqual(refused["code"], "WIP0280")
        self.assertIn("KUBECONFIG", refused["hint"])

    @staticmethod
    def variables_of(run: Run) -> dict:
        return {name: value for name, value in run.variables.items() if name.startswith("AWS_")}
