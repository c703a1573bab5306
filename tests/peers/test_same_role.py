"""What `aws` reads of a role that wip made: the same from the sandbox and from moto, but for ids and dates."""

import json
import unittest

import server
from space import Space
from wip import Wip
from world import World, settled, world


class SameRole(unittest.TestCase):
    def test_aws_reads_the_same_from_both(self) -> None:
        self.maxDiff = None
        moto = self.start(server.Moto)
        sandbox = self.start(server.Sandbox)
        space = moto.seed(Space.example("eks-irsa"))
        # The same issuers and keys on both, for they are in the documents that are compared.
        clusters = [cluster["cluster"] for cluster in space.eks_clusters()]
        sandbox.post_seed(space, {cluster: moto.issuer(cluster) for cluster in clusters})

        there, here = self.read(moto, space), self.read(sandbox, space)
        self.assertEqual({space.role_name(identity) for identity in space.spec["identities"]}, set(there))
        self.assertEqual(there, here)

    def start(self, kind: type[server.Server]) -> World:
        running = kind()
        self.addCleanup(running.stop)
        return world(running)

    def read(self, there: World, space: Space) -> dict:
        """Applies the file and answers `aws iam get-role` of each of its roles."""
        wip = Wip(there)
        self.addCleanup(wip.close)
        wip.write(space)
        wip.run("apply", "--auto-approve")
        names = [space.role_name(identity) for identity in space.spec["identities"]]
        answers = {name: settled(there.aws("iam", "get-role", "--role-name", name)) for name in names}
        # Each state has a lineage of its own, and the roles bear its mark.
        return json.loads(json.dumps(answers).replace(wip.lineage(space), "LINEAGE"))
