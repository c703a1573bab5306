"""The main job from the first plan to destroy, the same on each server, with nothing of wip's inside the test.

What wip made is read with boto3 and compared with what the Space file means, as `space` reads it.
"""

import json
import re
import unittest

import server
from space import Space, subject
from wip import Wip
from world import world

SUBJECT = re.compile(r"system:serviceaccount:[a-z0-9-]+:[a-z0-9-]+")

BACKDOOR = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}

QUARANTINE = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}


class Story:
    """Subclasses name the server."""

    server: type[server.Server]

    def setUp(self) -> None:
        self.maxDiff = None
        running = self.server()
        self.addCleanup(running.stop)
        self.world = world(running)
        self.space = self.world.seed(Space.example("eks-irsa"))
        self.wip = Wip(self.world)
        self.addCleanup(self.wip.close)
        self.wip.write(self.space)
        self.before = self.world.snapshot(self.space)

    def test_story(self) -> None:
        self.the_plan_changes_nothing()
        self.apply_makes_what_the_file_says()
        self.a_control_plane_reaches_exactly_the_exact_roles()
        self.drift_is_shown_and_taken_out()
        self.a_deny_is_blocked_and_survives()
        self.destroy_leaves_nothing()

    def the_plan_changes_nothing(self) -> None:
        plan = self.wip.plan(status=2)
        self.assertEqual({"create"}, {step["action"] for step in plan["steps"]})
        self.assertEqual(self.before, self.world.snapshot(self.space))

    def apply_makes_what_the_file_says(self) -> None:
        self.wip.run("apply", "--auto-approve")
        self.nothing_is_pending()
        roles = self.world.roles()
        names = {self.space.role_name(identity) for identity in self.space.spec["identities"]}
        self.assertEqual(names, set(roles))
        self.each_exact_role_trusts_its_subjects()
        for role in roles.values():
            self.assertTrue(role["Policies"] or role["Attached"], f"{role['RoleName']} may do nothing")

    def nothing_is_pending(self) -> None:
        plan = self.wip.plan(status=0)
        self.assertEqual([], plan["steps"])
        self.assertEqual([], plan["blocked"])
        self.wip.run("verify")

    def each_exact_role_trusts_its_subjects(self) -> None:
        """As AWS documents IRSA: the cluster's provider, our audience, and the service accounts."""
        exact = self.space.exact_identities()
        self.assertTrue(exact, "the example has no exact-trust identity")
        for identity in exact:
            trust = self.world.role(self.space.role_name(identity))["AssumeRolePolicyDocument"]
            subjects = set()
            for statement in trust["Statement"]:
                self.assertEqual("Allow", statement["Effect"])
                self.assertEqual("sts:AssumeRoleWithWebIdentity", statement["Action"])
                provider = statement["Principal"]["Federated"]
                issuer = provider.partition(":oidc-provider/")[2]
                self.assertIn(provider, self.world.snapshot(self.space)["providers"])
                equals = statement["Condition"]["StringEquals"]
                self.assertEqual({"StringEquals"}, set(statement["Condition"]))
                self.assertEqual("sts.amazonaws.com", equals[f"{issuer}:aud"])
                member = equals[f"{issuer}:sub"]
                subjects |= {member} if isinstance(member, str) else set(member)
            self.assertEqual(self.space.subjects(identity), subjects)

    def a_control_plane_reaches_exactly_the_exact_roles(self) -> None:
        before = self.world.roles()
        namespace = self.space.add_control_plane("late")
        self.wip.write(self.space)
        exact = self.space.exact_identities()
        added = {subject(namespace, service_account) for service_account in exact.values()}

        plan = self.wip.plan(status=2)
        self.assertEqual({"update"}, {step["action"] for step in plan["steps"]})
        self.assertEqual(
            {f"aws/iam-role:{self.space.name}/{identity}" for identity in exact},
            {step["address"] for step in plan["steps"]},
        )
        for step in plan["steps"]:
            identity = step["address"].rpartition("/")[2]
            found = set(SUBJECT.findall(json.dumps(step["edits"])))
            self.assertEqual({subject(namespace, exact[identity])}, found)
        self.assertEqual([], plan["revokes"])
        self.assertEqual(added, set(SUBJECT.findall(self.wip.run("plan"))))

        self.wip.run("apply", "--auto-approve")
        self.nothing_is_pending()
        self.each_exact_role_trusts_its_subjects()
        touched = {self.space.role_name(identity) for identity in exact}
        after = self.world.roles()
        self.assertEqual(before.keys(), after.keys())
        self.assertEqual(touched, {name for name in after if after[name] != before[name]})

    def drift_is_shown_and_taken_out(self) -> None:
        good = self.world.snapshot(self.space)
        identity = sorted(self.space.exact_identities())[0]
        role = self.space.role_name(identity)
        stranger = subject("kube-system", "stranger")
        self.world.iam.put_role_policy(
            RoleName=role, PolicyName="backdoor", PolicyDocument=json.dumps(BACKDOOR)
        )
        trust = self.world.role(role)["AssumeRolePolicyDocument"]
        equals = trust["Statement"][0]["Condition"]["StringEquals"]
        [key] = [key for key in equals if key.endswith(":sub")]
        present = equals[key]
        equals[key] = ([present] if isinstance(present, str) else present) + [stranger]
        self.world.iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(trust))

        # Taking out a wildcard revokes much; the guardrail on revokes is tested elsewhere.
        plan = self.wip.plan("--allow-revokes", "1000", status=2)
        [step] = plan["steps"]
        self.assertEqual(f"aws/iam-role:{self.space.name}/{identity}", step["address"])
        self.assertEqual({"drifted"}, {edit["why"] for edit in step["edits"]})
        self.assertEqual({stranger}, set(SUBJECT.findall(json.dumps(step["edits"]))))
        self.assertIn("backdoor", json.dumps(step["edits"]))
        text = self.wip.run("plan", "--allow-revokes", "1000")
        for word in ("drifted", "backdoor", stranger):
            self.assertIn(word, text)

        self.wip.run("apply", "--auto-approve", "--allow-revokes", "1000")
        self.nothing_is_pending()
        self.assertEqual(good, self.world.snapshot(self.space))

    def a_deny_is_blocked_and_survives(self) -> None:
        identity = sorted(self.space.exact_identities())[0]
        role = self.space.role_name(identity)
        self.world.iam.put_role_policy(
            RoleName=role, PolicyName="quarantine", PolicyDocument=json.dumps(QUARANTINE)
        )
        good = self.world.snapshot(self.space)
        plan = self.wip.plan(status=4)
        self.assertEqual([f"aws/iam-role:{self.space.name}/{identity}"], [b["address"] for b in plan["blocked"]])
        self.assertIn("quarantine", json.dumps(plan["blocked"]))
        self.wip.run("apply", "--auto-approve", status=4)
        self.assertEqual(good, self.world.snapshot(self.space))
        self.wip.run("apply", "--auto-approve", "--remove-denies")
        self.assertNotIn("quarantine", self.world.role(role)["Policies"])
        self.nothing_is_pending()

    def destroy_leaves_nothing(self) -> None:
        made = self.world.snapshot(self.space)
        self.wip.run("destroy", "--auto-approve", status=4)
        self.assertEqual(made, self.world.snapshot(self.space), "destroyed although the guardrail forbids it")
        self.space.spec.setdefault("guardrails", {})["allowDestroy"] = True
        self.wip.write(self.space)
        self.wip.run("destroy", "--auto-approve")
        self.assertEqual(self.before, self.world.snapshot(self.space))


class MotoStory(Story, unittest.TestCase):
    server = server.Moto


class MinistackStory(Story, unittest.TestCase):
    server = server.Ministack


class SandboxStory(Story, unittest.TestCase):
    server = server.Sandbox
